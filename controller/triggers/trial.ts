// Tests of triggers: when a workflow as it is written now would have been set off in the past, and how that differs from the
// revision that is live. Nothing is stored.
//
//   T1. Both are judged as if they had held all along: since when the live one really holds does not matter, nor that it was
//       suspended.
//   T2. A period without a start runs from the moment since which it holds. A schedule with the rhythm of the live one keeps that
//       moment, as it would when it is saved; any other is judged as if it had been saved when the past begins.
import { type ScheduleKind, scheduleKind } from "../../model/schedule.ts";
import type { DesiredStatus, Workflow } from "../../model/workflow.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { rhythmOf } from "../artifacts/rhythm.ts";
import type { EventIndex } from "../events/index.ts";
import { scheduledAtOf } from "./schedule-key.ts";
import { type Past, firesOf, whyNeverSetOff } from "./trial-fires.ts";
import { type Tally, compare } from "./trial-tally.ts";

export type Trial = {
  readonly workflow: string;
  readonly schedule: ScheduleKind;
  /** Why it fires never; null when it can. */
  readonly reason: string | null;
  readonly fires: Tally;
  /** The revision of the same name that is live; null: there is none. */
  readonly live: {
    readonly revision: number;
    readonly schedule: ScheduleKind;
    readonly status: DesiredStatus;
    readonly fires: Tally;
    /** Would fire additionally, and no longer. */
    readonly added: Tally;
    readonly gone: Tally;
  } | null;
};

export async function trialOf(
  workflow: Workflow,
  live: LiveWorkflow | null,
  past: Past,
  events: { readonly index: Pick<EventIndex, "query">; readonly passed: number; readonly deadlineMs: number },
): Promise<Trial> {
  const { name, schedule } = workflow;
  const kind = scheduleKind(schedule);
  const before = live?.artifact.schedule ?? "manual";
  const sameKind = kind === scheduleKind(before);
  const liveSinceMs = live === null ? past.sinceMs : Math.min(past.sinceMs, Date.parse(scheduledAtOf(live)));
  const sinceMs = rhythmOf(schedule) === rhythmOf(before) ? liveSinceMs : past.sinceMs;
  const compared = await compare(
    firesOf({ workflow: name, schedule, scheduledAtMs: sinceMs }, past, events),
    firesOf({ workflow: name, schedule: before, scheduledAtMs: liveSinceMs }, past, events),
    { sameKind, deadlineMs: events.deadlineMs },
  );
  const { wanted, live: fires, added, gone } = compared;
  return {
    workflow: name,
    schedule: kind,
    reason: whyNeverSetOff(kind),
    fires: wanted,
    live: live && {
      revision: live.revision,
      schedule: scheduleKind(before),
      status: live.status,
      fires,
      added,
      gone,
    },
  };
}
