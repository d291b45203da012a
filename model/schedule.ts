// When a workflow runs. The unions below are what is stored; the short forms that people write are expanded by the parser.
import { looksLikeCron } from "./cron.ts";
import { suggestedDuration } from "./duration.ts";
import { type EventSchedule, eventSchedule } from "./event-schedule.ts";
import { nearest } from "./nearest.ts";
import { type Parsed, accepted, refused } from "./problem.ts";
import { isObject, mismatch } from "./reader.ts";
import { maybe, record, required } from "./record.ts";
import { text } from "./text.ts";
import { timeSchedule } from "./time-schedule.ts";

const webhookKeyCharsMax = 128;

/**
 * `overlap`: what a slot does while the run of an earlier one is under way. `missed`: what becomes of slots that were due while no
 * controller watched. `jitter`: ISO 8601, the most by which a slot is put off, always the same for the same slot.
 */
export type TimeRules = {
  readonly overlap: "skip" | "queue" | "allow" | "replace";
  readonly missed: "skip" | "once" | "all";
  readonly jitter?: string;
};

/**
 * `period` is an ISO 8601 duration; `start` an ISO 8601 instant, the first slot (absent: the first slot is one period after the
 * schedule was saved); `repeat` a count of slots (absent: for ever).
 */
export type TimeSchedule = TimeRules &
  (
    | { readonly period: string; readonly start?: string; readonly repeat?: number }
    | { readonly cron: string; readonly timezone?: string; readonly repeat?: number }
  );

export type Schedule =
  | "daemon"
  | "manual"
  | { readonly time: TimeSchedule }
  | { readonly event: EventSchedule }
  | { readonly webhook: { readonly key: string } };

/** The word for a schedule's kind, as it appears in tables and messages. */
export type ScheduleKind = "daemon" | "manual" | "time" | "event" | "webhook";

export function scheduleKind(schedule: Schedule): ScheduleKind {
  if (typeof schedule === "string") return schedule;
  if ("time" in schedule) return "time";
  return "event" in schedule ? "event" : "webhook";
}

const wanted = {
  expected: '"daemon", "manual" or an object with time, event or webhook',
  fix: 'write "daemon", or {time: "PT5S"}, {event: tag}, {webhook: {key: …}}',
};

export function parseSchedule(raw: unknown, at = "schedule"): Parsed<Schedule> {
  if (raw === "daemon" || raw === "manual") return accepted(raw);
  if (typeof raw === "string") return mismatch(at, raw, { ...wanted, fix: fixOf(raw) });
  return isObject(raw) ? triggered(raw, at) : mismatch(at, raw, wanted);
}

type Triggers = {
  readonly time?: TimeSchedule;
  readonly event?: EventSchedule;
  readonly webhook?: { readonly key: string };
};

const webhook = record<{ readonly key: string }>(
  {
    key: required(
      text({
        expected: "a key of letters, digits, dot, dash and underscore",
        fix: "write a key without other characters",
        charsMax: webhookKeyCharsMax,
        pattern: /^[\w.-]+$/,
      }),
      'add "key:"',
    ),
  },
  { noun: "a webhook" },
);

const triggers = record<Triggers>(
  { time: maybe(timeSchedule), event: maybe(eventSchedule), webhook: maybe(webhook) },
  { noun: "a schedule" },
);

function triggered(raw: Readonly<Record<string, unknown>>, at: string): Parsed<Schedule> {
  const parsed = triggers(raw, at);
  if (!parsed.ok) return parsed;
  const { time, event, webhook: hook } = parsed.value;
  const kinds = Object.keys(parsed.value);
  if (kinds.length > 1) {
    const got = kinds.join(" and ");
    return refused({ path: at, expected: "one kind of schedule", got, fix: "make one workflow for each" });
  }
  if (time) return accepted({ time });
  if (event) return accepted({ event });
  return hook ? accepted({ webhook: hook }) : mismatch(at, raw, wanted);
}

/** A text that is no schedule is often a time without its key, or a misspelt word. */
function fixOf(written: string): string {
  const duration = suggestedDuration(written);
  if (duration !== null) return `write {time: "${duration}"}`;
  if (looksLikeCron(written) && written.length <= 40) return `write {time: "${written}"}`;
  const meant = nearest(written, ["daemon", "manual"]);
  return meant === null ? wanted.fix : `write "${meant}"`;
}
