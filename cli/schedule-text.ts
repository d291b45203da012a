// When a workflow runs, in one line: what was written, and every rule that is not the default.
import { durationMs } from "../model/duration.ts";
import type { EventSchedule } from "../model/event-schedule.ts";
import type { Schedule, TimeSchedule } from "../model/schedule.ts";
import { lasting } from "./age.ts";

export function scheduleText(schedule: Schedule): string {
  if (typeof schedule === "string") return schedule;
  if ("event" in schedule) return eventText(schedule.event);
  if ("webhook" in schedule) return `webhook ${schedule.webhook.key}`;
  return timeText(schedule.time);
}

function eventText({ tags, type, source }: EventSchedule): string {
  return ["event", ...tags, type && `type=${type}`, source && `source=${source}`].filter(Boolean).join(" ");
}

/** `time 0 9 * * * Europe/Amsterdam, 3 times, overlap: queue`. */
function timeText(time: TimeSchedule): string {
  const { repeat, overlap, missed, jitter } = time;
  const when =
    "cron" in time
      ? [`time ${time.cron}${time.timezone === undefined ? "" : ` ${time.timezone}`}`]
      : [`time ${time.period}`, time.start && `from ${time.start}`];
  return [
    ...when,
    repeat && (repeat === 1 ? "once" : `${repeat} times`),
    overlap !== "skip" && `overlap: ${overlap}`,
    missed !== "once" && `missed: ${missed}`,
    jitter && `jitter: ${jitter}`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** What jitter does to slots; null when there is none. */
export function jitterText({ jitter }: TimeSchedule): string | null {
  if (jitter === undefined) return null;
  const ms = durationMs(jitter);
  return `each up to ${ms === null ? jitter : lasting(ms)} later (jitter)`;
}
