// What of a schedule decides by what a workflow is set off: its times, or the events it asks for. Two schedules with the same
// rhythm continue each other; the rules around the slots (overlap, missed, jitter, repeat) are no part of it.
import type { Schedule } from "../../model/schedule.ts";
import { nextSlot } from "../../model/slots.ts";

/** A text that is equal for schedules with the same rhythm; null for a schedule that has none. */
export function rhythmOf(schedule: Schedule): string | null {
  if (typeof schedule === "string" || "webhook" in schedule) return null;
  if ("event" in schedule) {
    const { tags, type = null, source = null } = schedule.event;
    return JSON.stringify([[...new Set(tags)].toSorted(), type, source]);
  }
  const { time } = schedule;
  return "cron" in time
    ? JSON.stringify(["cron", time.cron, time.timezone ?? null])
    : JSON.stringify(["period", time.period, time.start ?? null]);
}

/** Whether an edit that keeps the rhythm of a time schedule gives slots to one that has none left. */
export function isExtended(
  before: Schedule,
  after: Schedule,
  { scheduledAtMs, nowMs }: { readonly scheduledAtMs: number; readonly nowMs: number },
): boolean {
  if (typeof before === "string" || typeof after === "string" || !("time" in before) || !("time" in after))
    return false;
  const { repeat: countBefore = Infinity } = before.time;
  const { repeat: countAfter = Infinity } = after.time;
  return countAfter > countBefore && nextSlot(before.time, { scheduledAtMs, afterMs: nowMs }) === null;
}
