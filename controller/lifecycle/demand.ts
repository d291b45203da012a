// How many agents a workflow wants for the runs of its queue, now. Pure.
//
//   M1. They are wanted while there is work, for as long afterwards as `keep_warm` says, and from a moment before a slot is due.
//   M2. `isolation: process`: all of `scale.instances`, or none. `isolation: container`: one for each run under way and
//       one that stands by, already booted; more while more wait.
//   M3. A daemon that is also run by hand wants one agent beside its instances, for as long as there is work.
import { scheduleKind } from "../../model/schedule.ts";
import type { Workflow } from "../../model/workflow.ts";
import { keepWarmMs } from "./queue-rules.ts";

/** A container boots in less, on a busy machine too; the slot then meets an agent that is ready. */
const slotLeadMs = 3_000;

/** What is known of a workflow's work. */
export type Work = {
  /** Runs that wait or are under way. */
  readonly depth: number;
  readonly lastWorkAtMs: number | null;
  /** The next slot of its time schedule. */
  readonly nextDueMs: number | null;
  /** Agents of the present deployment that have a run under way. */
  readonly busy: number;
  /** The same, of all deployments. */
  readonly busyAll: number;
};

/** `untilMs`: the answer holds until then unless the work changes; Infinity: for ever. */
export type Demand = { readonly agents: number; readonly untilMs: number };

export type DemandRules = Pick<Workflow, "schedule" | "scale" | "isolation" | "keep_warm">;

export function demandOf(rules: DemandRules, work: Work, nowMs: number): Demand {
  const kind = scheduleKind(rules.schedule);
  if (kind === "daemon") return { agents: Math.min(1, work.depth), untilMs: Infinity };
  if (work.depth > 0 || rules.keep_warm === "always") return { agents: agentsFor(rules, work), untilMs: Infinity };

  const warmUntilMs = work.lastWorkAtMs === null ? -Infinity : work.lastWorkAtMs + keepWarmMs(rules);
  const due = kind === "time" && work.nextDueMs !== null ? slotWindow(work.nextDueMs) : never;
  const wantedUntilMs = Math.max(warmUntilMs, nowMs >= due.fromMs ? due.untilMs : -Infinity);
  if (nowMs < wantedUntilMs) return { agents: agentsFor(rules, work), untilMs: wantedUntilMs };
  return { agents: 0, untilMs: nowMs < due.fromMs ? due.fromMs : Infinity };
}

/** As many agents as may exist at once per deployment (I4). */
export function agentsMax({ schedule, scale, isolation }: DemandRules): number {
  if (scheduleKind(schedule) === "daemon") return 1;
  return isolation === "container" && scale.instances > 0 ? scale.instances + 1 : scale.instances;
}

function agentsFor(rules: DemandRules, { depth, busy, busyAll }: Work): number {
  switch (rules.isolation) {
    case "process":
      return rules.scale.instances;
    case "container": {
      const waiting = Math.max(0, depth - busyAll);
      return Math.min(agentsMax(rules), busy + Math.max(1, waiting));
    }
  }
}

type Span = { readonly fromMs: number; readonly untilMs: number };
const never: Span = { fromMs: Infinity, untilMs: -Infinity };

/** A slot that is overdue is waited for a little: its run is about to be queued. */
function slotWindow(dueMs: number): Span {
  return { fromMs: dueMs - slotLeadMs, untilMs: dueMs + slotLeadMs };
}
