// What the agents last said of themselves. An instance counts as reporting only while its reports are fresh.
import type { NatsConnection } from "@nats-io/nats-core";
import type { InstanceReport } from "../../bus/assignment.ts";
import { allReports, ownerOf, reportRequest, reportSubject } from "../../bus/subjects.ts";

/** Agents report every five seconds; three missed reports make an instance unreachable. */
const freshMs = 15_000;
/** An agent that is silent for so long while it could be heard hangs. */
export const silentMaxMs = 60_000;
const instancesMax = 10_000;
const listenEveryMs = 1_000;
/** A controller that stood still for so long may have missed reports. */
const deafAfterMs = 5_000;

export type Reports = {
  /** The last report of an instance, or null when it has not reported lately. */
  of(instance: string): InstanceReport | null;
  /**
   * For how long an instance has said nothing, of the time since it was first asked for here (`startedAt` tells it from an earlier
   * one of its name) in which this controller could hear it: 0 while NATS is away.
   */
  silentMs(instance: string, startedAt: string): number;
  forget(instance: string): void;
  stop(): void;
};

/** Asks every agent for a report at once. `onReport` hears every one, `onChange` of instances whose state became another kind; `before`: null when it is heard of for the first time. */
export function followReports(
  nc: NatsConnection,
  onChange: (report: InstanceReport, before: InstanceReport | null) => void,
  nowMs: () => number,
  onReport: (report: InstanceReport, before: InstanceReport | null) => void = () => {},
): Reports {
  const known = new Map<string, { readonly report: InstanceReport; readonly atMs: number }>();
  const awaited = new Map<string, { readonly startedAt: string; readonly sinceMs: number }>();
  const listening = listen(nc, nowMs);
  const subscription = nc.subscribe(allReports(), {
    callback: (error, msg) => {
      if (error) return;
      const report = readReport(msg.subject, msg.data);
      if (!report || (known.size >= instancesMax && !known.has(report.instance))) return;
      const before = known.get(report.instance)?.report ?? null;
      known.set(report.instance, { report, atMs: nowMs() });
      onReport(report, before);
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
    silentMs(instance, startedAt) {
      const fromMs = listening.sinceMs();
      if (fromMs === null || (known.size >= instancesMax && !known.has(instance))) return 0;
      const before = awaited.get(instance);
      const { sinceMs } = before?.startedAt === startedAt ? before : { sinceMs: nowMs() };
      awaited.set(instance, { startedAt, sinceMs });
      return nowMs() - Math.max(fromMs, sinceMs, known.get(instance)?.atMs ?? -Infinity);
    },
    forget(instance) {
      known.delete(instance);
      awaited.delete(instance);
    },
    stop() {
      listening.stop();
      subscription.unsubscribe();
    },
  };
}

/** Since when whatever is said can be heard here; null while it cannot. */
function listen(nc: NatsConnection, nowMs: () => number): { sinceMs(): number | null; stop(): void } {
  let sinceMs = nowMs();
  let lookedMs = sinceMs;
  let away = false;
  const timer = setInterval(look, listenEveryMs);
  void watchConnection();
  return {
    sinceMs() {
      look();
      return away ? null : sinceMs;
    },
    stop: () => clearInterval(timer),
  };

  function look(): void {
    const ms = nowMs();
    if (Math.abs(ms - lookedMs) > deafAfterMs) sinceMs = ms;
    lookedMs = ms;
  }

  async function watchConnection(): Promise<void> {
    for await (const { type } of nc.status()) {
      if (type === "disconnect") away = true;
      if (type !== "reconnect") continue;
      away = false;
      sinceMs = nowMs();
    }
  }
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
