// The slots of a cron expression in a time zone.
//
//   C1. A wall time in a gap is due once, at the first valid instant; one that occurs twice is due once, at the first (time-zone.ts).
//   C2. Wall times that mean the same instant are one slot: every minute of a lost hour is due together, at its end.
//   C3. A slot's index is counted by months, less what C2 has made one. What is kept between questions only saves time.
import { type CronClock, cronClockOf } from "./cron-clock.ts";
import type { Slot, SlotSource } from "./slots.ts";
import { type TimeZone, type WallMeaning, timeZoneOf } from "./time-zone.ts";

const notes: Readonly<Record<WallMeaning["kind"], Slot["note"]>> = {
  unique: null,
  gap: "dst-gap",
  overlap: "dst-overlap",
};

/** Without a time zone: in UTC. */
export function cronSlots({ cron, timezone }: { readonly cron: string; readonly timezone?: string }): SlotSource {
  const clock = cronClockOf(cron);
  const zone = timeZoneOf(timezone ?? "UTC");
  let counted: Counted | null = null;

  return { next, last };

  function next(scheduledAtMs: number, afterMs: number): Slot | null {
    const wallMs = clock.next(zone.lastWallAt(Math.max(afterMs, scheduledAtMs)));
    if (wallMs === null) return null;
    const { ms, kind } = zone.meaningOf(wallMs);
    return { dueMs: ms, index: indexOf(ms, scheduledAtMs), note: notes[kind] };
  }

  function last(scheduledAtMs: number, untilMs: number): Slot | null {
    const wallMs = clock.last(zone.lastWallAt(untilMs));
    if (wallMs === null) return null;
    const { ms } = zone.meaningOf(wallMs);
    // Found again from before it: the first of the wall times that mean this instant says what to note.
    return ms <= scheduledAtMs ? null : next(scheduledAtMs, ms - 1);
  }

  /** Counted from the slot asked about before when that is nearer than the moment of saving, as it is from slot to slot. */
  function indexOf(dueMs: number, scheduledAtMs: number): number {
    const from =
      counted?.scheduledAtMs === scheduledAtMs && Math.abs(dueMs - counted.dueMs) < dueMs - scheduledAtMs
        ? counted
        : { dueMs: scheduledAtMs, index: -1 };
    const index =
      from.dueMs <= dueMs
        ? from.index + slotCount({ clock, zone }, from.dueMs, dueMs)
        : from.index - slotCount({ clock, zone }, dueMs, from.dueMs);
    counted = { scheduledAtMs, dueMs, index };
    return index;
  }
}

type Counted = { readonly scheduledAtMs: number; readonly dueMs: number; readonly index: number };
type CronInZone = { readonly clock: CronClock; readonly zone: TimeZone };

/** After `afterMs`, up to and including `untilMs`. */
function slotCount({ clock, zone }: CronInZone, afterMs: number, untilMs: number): number {
  let count = clock.count(zone.lastWallAt(afterMs), zone.lastWallAt(untilMs));
  for (const { atMs, beforeMs, afterMs: laterMs } of zone.transitions(afterMs, untilMs)) {
    if (laterMs > beforeMs) count -= Math.max(0, clock.count(atMs + beforeMs - 1000, atMs + laterMs) - 1);
  }
  return count;
}
