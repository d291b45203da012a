// The time of a schedule: a period from a start on, or a cron expression in a time zone, and what becomes of slots that cannot
// run when they are due.
import { cronExpression, looksLikeCron, timeZone } from "./cron.ts";
import { period, suggestedDuration } from "./duration.ts";
import { fixedDuration } from "./fixed-duration.ts";
import { instant } from "./instant.ts";
import { wholeNumber } from "./number.ts";
import { type Parsed, accepted } from "./problem.ts";
import { type Reader, isObject, mismatch } from "./reader.ts";
import { maybe, optional, record, required } from "./record.ts";
import type { TimeRules, TimeSchedule } from "./schedule.ts";
import { oneOf } from "./text.ts";

const repeatMax = 1_000_000_000;
const jitterRange = { min: "PT0.001S", max: "P1D" };

const defaults: TimeRules = { overlap: "skip", missed: "once" };

const rules = {
  overlap: optional(oneOf<TimeRules["overlap"]>("skip", "queue", "allow", "replace"), defaults.overlap),
  missed: optional(oneOf<TimeRules["missed"]>("skip", "once", "all"), defaults.missed),
  jitter: maybe(fixedDuration(jitterRange)),
  repeat: maybe(wholeNumber({ noun: "how many times", min: 1, max: repeatMax })),
};

/** `now` is what no start means, and is kept as none. */
const start: Reader<string | undefined> = (raw, at) => (raw === "now" ? accepted(undefined) : instant(raw, at));

const periodic = record<Extract<TimeSchedule, { period: string }>>(
  { period: required(period, 'add "period:", such as "period: PT5S"'), start: maybe(start), ...rules },
  { noun: "a periodic schedule" },
);

const cron = record<Extract<TimeSchedule, { cron: string }>>(
  { cron: required(cronExpression, 'add "cron:" with an expression'), timezone: maybe(timeZone), ...rules },
  { noun: "a cron schedule" },
);

/** `"PT5S"`, `"*\/5 * * * *"`, `{period, start?, …}` or `{cron, timezone?, …}`, each with the rules above. */
export const timeSchedule: Reader<TimeSchedule> = (raw, at) => {
  if (typeof raw === "string") return bare(raw, at);
  if (!isObject(raw)) return withDefaults(period(raw, at), (read) => ({ period: read }));
  return Object.hasOwn(raw, "cron") ? cron(raw, at) : periodic(raw, at);
};

/** A period when it starts with P, else a cron expression; a text that is neither is told of what it is nearer to. */
function bare(raw: string, at: string): Parsed<TimeSchedule> {
  if (raw.startsWith("P") || (!looksLikeCron(raw) && suggestedDuration(raw) !== null))
    return withDefaults(period(raw, at), (read) => ({ period: read }));
  if (looksLikeCron(raw)) return withDefaults(cronExpression(raw, at), (read) => ({ cron: read }));
  const wanted = {
    expected: 'an ISO 8601 duration such as "PT5S", or a cron expression such as "*/5 * * * *"',
    fix: "write P and the duration, or five fields, or six with seconds first",
  };
  return mismatch(at, raw, wanted);
}

function withDefaults<T>(parsed: Parsed<string>, when: (read: string) => T): Parsed<T & TimeRules> {
  return parsed.ok ? accepted({ ...when(parsed.value), ...defaults }) : parsed;
}
