// When a time schedule is due. Pure: the same schedule, saved at the same moment, has the same slots after any restart.
//
//   T1. Slots are strictly increasing; each has an index, from 0. Those at or before the moment of saving are not slots to run.
//   T2. `repeat: n` are the slots with an index below n. Without a start the first slot after saving has index 0; with one the
//       start has, so that what lies before the moment of saving counts, too.
//   T3. Every answer follows from the schedule, never from the slot before: nothing walks from slot to slot to find its place.
//   T4. Slots end with the year 2399.
import { cronSlots } from "./cron-slots.ts";
import { periodSlots } from "./period-slots.ts";
import type { TimeSchedule } from "./schedule.ts";

export type Slot = {
  /** Without jitter (jitter.ts). */
  readonly dueMs: number;
  readonly index: number;
  /** `dst-gap`: a local time that does not exist, put off; `dst-overlap`: one that occurs twice, due at the first. */
  readonly note: "dst-gap" | "dst-overlap" | null;
};

/** The slots of one kind of schedule, without an end. */
export type SlotSource = {
  /** The first slot after both, or null. */
  next(scheduledAtMs: number, afterMs: number): Slot | null;
  /** The last slot after `scheduledAtMs`, up to and including `untilMs`, or null. */
  last(scheduledAtMs: number, untilMs: number): Slot | null;
};

/** `scheduledAtMs`: since when the schedule holds. */
export type After = { readonly scheduledAtMs: number; readonly afterMs: number };
/** After `afterMs`, up to and including `untilMs`. */
export type Between = After & { readonly untilMs: number };

/** The end of the year 2399, a whole cycle of the calendar after 2000. Without an end, one question could ask for ages. */
const lastInstantMs = 13_569_465_599_999;

/** The first slot after `afterMs`; null when there is none any more. */
export function nextSlot(schedule: TimeSchedule, { scheduledAtMs, afterMs }: After): Slot | null {
  const slot = sourceOf(schedule).next(scheduledAtMs, afterMs);
  return slot !== null && slot.dueMs <= lastInstantMs && slot.index < repeatsOf(schedule) ? slot : null;
}

/** The slots within a time, in order, at most `countMax` of them. */
export function slotsBetween(
  schedule: TimeSchedule,
  { scheduledAtMs, afterMs, untilMs, countMax }: Between & { readonly countMax: number },
): Slot[] {
  const slots: Slot[] = [];
  let slot = nextSlot(schedule, { scheduledAtMs, afterMs });
  while (slot !== null && slot.dueMs <= untilMs && slots.length < countMax) {
    slots.push(slot);
    slot = nextSlot(schedule, { scheduledAtMs, afterMs: slot.dueMs });
  }
  return slots;
}

/**
 * The last slot within a time, or null. With the first one it says how many lie between, however many these are: the difference
 * of their indexes.
 */
export function lastSlot(schedule: TimeSchedule, { scheduledAtMs, afterMs, untilMs }: Between): Slot | null {
  const slot = lastBefore(schedule, scheduledAtMs, Math.min(untilMs, lastInstantMs));
  return slot !== null && slot.dueMs > afterMs ? slot : null;
}

function lastBefore(schedule: TimeSchedule, scheduledAtMs: number, untilMs: number): Slot | null {
  const source = sourceOf(schedule);
  const repeats = repeatsOf(schedule);
  const last = source.last(scheduledAtMs, untilMs);
  if (last === null || last.index < repeats) return last;
  // The schedule has ended before. Its last slot is the last one at the moment between `low` and `high` when the indexes run out.
  let [low, high] = [scheduledAtMs, last.dueMs];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if ((source.last(scheduledAtMs, middle)?.index ?? -1) < repeats) low = middle;
    else high = middle;
  }
  const final = source.last(scheduledAtMs, low);
  return final !== null && final.index < repeats ? final : null;
}

function repeatsOf(schedule: TimeSchedule): number {
  return schedule.repeat ?? Infinity;
}

/** A schedule is read once; what was read goes with it. */
const sources = new WeakMap<TimeSchedule, SlotSource>();

function sourceOf(schedule: TimeSchedule): SlotSource {
  const known = sources.get(schedule);
  if (known) return known;
  const source = "cron" in schedule ? cronSlots(schedule) : periodSlots(schedule);
  sources.set(schedule, source);
  return source;
}
