// What of a schedule decides by what a workflow is set off: its times, or the events it asks for. Two schedules with the same
// rhythm continue each other; the rules around the slots (overlap, missed, jitter, repeat) are no part of it.
import type { Schedule } from "../../model/schedule.ts";

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
