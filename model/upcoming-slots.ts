// The next slots of a time schedule as people read them: `drover schedule preview`.
import type { TimeSchedule } from "./schedule.ts";
import { type Slot, slotsBetween } from "./slots.ts";
import { timeZoneOf } from "./time-zone.ts";

export type UpcomingSlot = {
  /** ISO 8601 instant in UTC. */
  readonly due: string;
  /** ISO 8601 as the clock on the wall shows it, with its offset: `2026-03-29T03:00:00+02:00`. */
  readonly local: string;
  readonly note: Slot["note"];
};

export type Preview = {
  readonly scheduledAtMs: number;
  /** Slots after this moment. */
  readonly fromMs: number;
  readonly count: number;
  /** Absent: the schedule's own, and UTC when it has none. */
  readonly timezone?: string;
};

export function upcomingSlots(
  schedule: TimeSchedule,
  { scheduledAtMs, fromMs, count, timezone }: Preview,
): UpcomingSlot[] {
  const own = "cron" in schedule ? schedule.timezone : undefined;
  const zone = timeZoneOf(timezone ?? own ?? "UTC");
  return slotsBetween(schedule, { scheduledAtMs, afterMs: fromMs, untilMs: Infinity, countMax: count }).map((slot) => ({
    due: new Date(slot.dueMs).toISOString(),
    local: localText(slot.dueMs, zone.offsetAt(slot.dueMs)),
    note: slot.note,
  }));
}

/** Milliseconds only where there are some. */
function localText(ms: number, offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const two = (part: number): string => String(part).padStart(2, "0");
  const wall = new Date(ms + offsetMs).toISOString().replace(/(\.000)?Z$/, "");
  return `${wall}${offsetMs < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
