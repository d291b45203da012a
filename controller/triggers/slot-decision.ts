// What becomes of the slots that are due: a pure function of the schedule, what was decided before, and the moment.
//
//   D1. Every slot after the last decided one, up to now, ends as exactly one outcome (I3); slots are decided in their order.
//   D2. A slot is late when it was due before this controller began to lead, or is noticed more than lateAfterMs after it was due.
//       Late ones are missed, coalesced or run, as `missed` says; what `all` makes up for runs whatever the overlap.
//   D3. Of those that are not late, and the one that `once` keeps, each meets the run before it as `overlap` says.
//   D4. A long stretch without runs is one report: a schedule of one second that was down for a week is a few events.
//   D5. Jitter ends before the next slot is due, so it never changes the order.
import { durationMs } from "../../model/duration.ts";
import { jitterMs } from "../../model/jitter.ts";
import type { TimeSchedule } from "../../model/schedule.ts";
import type { SlotReport } from "../../model/slot.ts";
import { type Slot, lastSlot, nextSlot, slotsBetween } from "../../model/slots.ts";
import { type LastRun, type Stretch, createReporting, laterRuns } from "./slot-reporting.ts";

/** A slot that is noticed later than this was not watched over. */
const lateAfterMs = 10_000;
/** Slots are at least a second apart and late after ten: never reached, and a bound all the same. */
const punctualSlotsMax = 1_000;

export type SlotSituation = {
  readonly workflow: string;
  readonly revision: number;
  readonly schedule: TimeSchedule;
  /** Since when the schedule holds. */
  readonly scheduledAtMs: number;
  /** The due time of the last slot that was decided; `scheduledAtMs` when none was. */
  readonly throughMs: number;
  readonly nowMs: number;
  /** Since when this controller leads. */
  readonly upSinceMs: number;
  readonly suspended: boolean;
  readonly last: LastRun | null;
  /** Whether the last run is not over. */
  readonly underWay: boolean;
};

export type SlotDecision = {
  readonly reports: readonly SlotReport[];
  readonly throughMs: number;
  readonly last: LastRun | null;
  /** The run that is to end because a later one takes its place. */
  readonly replaced: string | null;
};

/** When the first slot that is not decided yet is to be decided; null when there is none any more. */
export function nextFireMs({
  workflow,
  schedule,
  scheduledAtMs,
  throughMs,
}: Pick<SlotSituation, "workflow" | "schedule" | "scheduledAtMs" | "throughMs">): number | null {
  const slot = nextSlot(schedule, { scheduledAtMs, afterMs: throughMs });
  return slot && slotFireMs({ workflow, schedule, scheduledAtMs }, slot);
}

/** Null when no slot is due. */
export function decideSlots(situation: SlotSituation): SlotDecision | null {
  const { schedule, suspended } = situation;
  const { late, punctual } = dueSlots(situation);
  const throughMs = punctual.at(-1)?.dueMs ?? late?.last.dueMs;
  if (throughMs === undefined) return null;
  const reporting = createReporting(situation);
  if (suspended) {
    const reason = "the workflow is suspended";
    if (late) reporting.unrunStretch(late, "skipped", reason);
    for (const slot of punctual) reporting.unrun(slot, "skipped", reason);
    return { reports: reporting.reports, throughMs, last: situation.last, replaced: null };
  }

  const toRun: Slot[] = [];
  let { last } = situation;
  let underWay = situation.last !== null && situation.underWay;
  if (late) toRun.push(...reporting.late(late));
  if (schedule.missed === "all") {
    for (const slot of toRun.splice(0)) last = reporting.ran(slot);
    underWay ||= late !== null;
  }
  toRun.push(...punctual);

  let replaced: string | null = null;
  for (const [index, slot] of toRun.entries()) {
    if (schedule.overlap === "skip" && underWay) {
      reporting.unrun(slot, "skipped", `the run of ${last?.due ?? ""} is still under way`);
    } else if (schedule.overlap === "replace" && index < toRun.length - 1) {
      reporting.unrun(slot, "coalesced", laterRuns);
    } else {
      if (schedule.overlap === "replace" && underWay) replaced = last?.run ?? null;
      last = reporting.ran(slot);
      underWay = true;
    }
  }
  return { reports: reporting.reports, throughMs, last, replaced };
}

type Scheduled = Pick<SlotSituation, "workflow" | "schedule" | "scheduledAtMs">;

function dueSlots(situation: SlotSituation): { late: Stretch | null; punctual: Slot[] } {
  const { schedule, scheduledAtMs, throughMs, nowMs, upSinceMs } = situation;
  const punctualFromMs = Math.min(nowMs, Math.max(upSinceMs, nowMs - lateAfterMs));
  const late = lateSlots(situation, punctualFromMs);
  const found = slotsBetween(schedule, {
    scheduledAtMs,
    afterMs: late?.last.dueMs ?? throughMs,
    untilMs: nowMs,
    countMax: punctualSlotsMax,
  });
  return { late, punctual: found.filter((slot) => slotFireMs(situation, slot) <= nowMs) };
}

/** Of the slots that are due before, only the last one can be put off beyond it (D5). */
function lateSlots(situation: SlotSituation, beforeMs: number): Stretch | null {
  const { schedule, scheduledAtMs, throughMs: afterMs } = situation;
  const first = nextSlot(schedule, { scheduledAtMs, afterMs });
  if (first === null || first.dueMs >= beforeMs) return null;
  let last = lastSlot(schedule, { scheduledAtMs, afterMs, untilMs: beforeMs - 1 });
  if (last && slotFireMs(situation, last) >= beforeMs)
    last = lastSlot(schedule, { scheduledAtMs, afterMs, untilMs: last.dueMs - 1 });
  return last && { first, last };
}

/** When a slot is decided: its jitter later than it is due. */
export function slotFireMs({ workflow, schedule, scheduledAtMs }: Scheduled, { dueMs }: Slot): number {
  const maxMs = schedule.jitter === undefined ? 0 : (durationMs(schedule.jitter) ?? 0);
  if (maxMs === 0) return dueMs;
  const next = nextSlot(schedule, { scheduledAtMs, afterMs: dueMs });
  return dueMs + jitterMs(workflow, dueMs, Math.min(maxMs, next === null ? maxMs : next.dueMs - dueMs - 1));
}
