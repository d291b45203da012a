// The reports of slots as they are decided: one for each, or one for a long stretch without runs.
import type { TimeSchedule } from "../../model/schedule.ts";
import type { SlotOutcome, SlotReport } from "../../model/slot.ts";
import { type Slot, lastSlot, slotsBetween } from "../../model/slots.ts";
import { eventIdOf } from "../events/event-id.ts";
import { runIdOf } from "../runs/run-id.ts";

/** Runs that `missed: all` makes up for, the newest. */
const madeUpRunsMax = 1_000;
/** A stretch of more slots without a run is one report. */
const singleReportsMax = 1_000;

export const laterRuns = "a later slot runs in its place";

/** The run that a schedule set off last. */
export type LastRun = { readonly run: string; readonly due: string };

export type Stretch = { readonly first: Slot; readonly last: Slot };

/** The id of the event that reports a slot. */
export function slotEventId(workflow: string, due: string): string {
  return eventIdOf("slot", workflow, due);
}

type Reported = {
  readonly workflow: string;
  readonly revision: number;
  readonly schedule: TimeSchedule;
  readonly scheduledAtMs: number;
};

export type Reporting = {
  readonly reports: readonly SlotReport[];
  ran(slot: Slot): LastRun;
  unrun(slot: Slot, outcome: SlotOutcome, reason: string): void;
  unrunStretch(stretch: Stretch, outcome: SlotOutcome, reason: string): void;
  /** Reports those late slots that do not run, and returns those that do, in their order. */
  late(stretch: Stretch): Slot[];
};

export function createReporting({ workflow, revision, schedule, scheduledAtMs }: Reported): Reporting {
  const reports: SlotReport[] = [];
  return { reports, ran, unrun: report, unrunStretch, late };

  function report(slot: Slot, outcome: SlotOutcome, reason: string | null, run: string | null = null): void {
    reports.push({ workflow, due: isoOf(slot), outcome, reason, run, revision, count: 1, from: null });
  }

  function ran(slot: Slot): LastRun {
    const due = isoOf(slot);
    const run = runIdOf(workflow, slotEventId(workflow, due));
    report(slot, "ran", null, run);
    return { run, due };
  }

  function unrunStretch({ first, last }: Stretch, outcome: SlotOutcome, reason: string): void {
    const count = last.index - first.index + 1;
    if (count <= singleReportsMax) {
      for (const slot of slotsOf({ first, last })) report(slot, outcome, reason);
      return;
    }
    const due = isoOf(last);
    reports.push({ workflow, due, outcome, reason, run: null, revision, count, from: isoOf(first) });
  }

  function late(all: Stretch): Slot[] {
    if (schedule.missed === "skip") {
      unrunStretch(all, "missed", "it was due while no controller watched");
      return [];
    }
    const kept = schedule.missed === "once" ? [all.last] : newest(all, madeUpRunsMax);
    const before = kept[0] && slotBefore(all, kept[0]);
    if (!before) return kept;
    if (schedule.missed === "once") unrunStretch({ first: all.first, last: before }, "coalesced", laterRuns);
    else
      unrunStretch(
        { first: all.first, last: before },
        "missed",
        `more than ${madeUpRunsMax} slots were due while no controller watched`,
      );
    return kept;
  }

  /** In their order. */
  function newest(all: Stretch, countMax: number): Slot[] {
    const found: Slot[] = [];
    let slot: Slot | null = all.last;
    while (slot !== null && found.length < countMax) {
      found.push(slot);
      slot = slotBefore(all, slot);
    }
    return found.toReversed();
  }

  function slotBefore({ first }: Stretch, slot: Slot): Slot | null {
    return lastSlot(schedule, { scheduledAtMs, afterMs: first.dueMs - 1, untilMs: slot.dueMs - 1 });
  }

  function slotsOf({ first, last }: Stretch): Slot[] {
    const between = { scheduledAtMs, afterMs: first.dueMs - 1, untilMs: last.dueMs };
    return slotsBetween(schedule, { ...between, countMax: singleReportsMax });
  }
}

function isoOf({ dueMs }: Slot): string {
  return new Date(dueMs).toISOString();
}
