// What the agents last said of themselves. An instance counts as reporting only while its reports are fresh.
import type { NatsConnection } from "@nats-io/nats-core";
import type { InstanceReport } from "../../bus/assignment.ts";
import { allReports, ownerOf, reportRequest, reportSubject } from "../../bus/subjects.ts";

/** Agents report every five seconds; three missed reports make an instance unreachable. */
const freshMs = 15_000;
const instancesMax = 10_000;

export type Reports = {
  /** The last report of an instance, or null when it has not reported lately. */
  of(instance: string): InstanceReport | null;
  forget(instance: string): void;
  stop(): void;
};

/** Asks every agent for a report at once. `onChange` hears of instances whose state became another kind; `before`: null when it is heard of for the first time. */
export function followReports(
  nc: NatsConnection,
  onChange: (report: InstanceReport, before: InstanceReport | null) => void,
  nowMs: () => number,
): Reports {
  const known = new Map<string, { readonly report: InstanceReport; readonly atMs: number }>();
  const subscription = nc.subscribe(allReports(), {
    callback: (error, msg) => {
      if (error) return;
      const report = readReport(msg.subject, msg.data);
      if (!report || (known.size >= instancesMax && !known.has(report.instance))) return;
      const before = known.get(report.instance)?.report ?? null;
      known.set(report.instance, { report, atMs: nowMs() });
      if (!before || before.state.kind !== report.state.kind || before.restarts !== report.restarts)
        onChange(report, before);
    },
  });
  nc.publish(reportRequest());

  return {
    of(instance) {
      const entry = known.get(instance);
      return entry && nowMs() - entry.atMs < freshMs ? entry.report : null;
    },
    forget: (instance) => void known.delete(instance),
    stop: () => subscription.unsubscribe(),
  };
}

/** The server proves the workflow in the subject; a report that claims another one is not believed. */
function readReport(subject: string, payload: Uint8Array): InstanceReport | null {
  try {
    const report = JSON.parse(new TextDecoder().decode(payload)) as InstanceReport;
    const honest = report.workflow === ownerOf(subject) && reportSubject(report.workflow, report.instance) === subject;
    return honest && typeof report.state?.kind === "string" ? report : null;
  } catch {
    return null;
  }
}
