// The time of a schedule: a period from a start on, or a cron expression in a time zone.
import { cronExpression, looksLikeCron, timeZone } from "./cron.ts";
import { period } from "./duration.ts";
import { instant } from "./instant.ts";
import { wholeNumber } from "./number.ts";
import { accepted } from "./problem.ts";
import { type Reader, isObject } from "./reader.ts";
import { maybe, record, required } from "./record.ts";
import type { TimeSchedule } from "./schedule.ts";

const repeatMax = 1_000_000_000;

type Periodic = { readonly period: string; readonly start?: string; readonly repeat?: number };
type Cron = { readonly cron: string; readonly timezone?: string };

/** `now` is what no start means, and is kept as none. */
const start: Reader<string | undefined> = (raw, at) => (raw === "now" ? accepted(undefined) : instant(raw, at));

const periodic = record<Periodic>(
  {
    period: required(period, 'add "period:", such as "period: PT5S"'),
    start: maybe(start),
    repeat: maybe(wholeNumber({ noun: "how many times", min: 1, max: repeatMax })),
  },
  { noun: "a periodic schedule" },
);

const cron = record<Cron>(
  { cron: required(cronExpression, 'add "cron:" with an expression'), timezone: maybe(timeZone) },
  { noun: "a cron schedule" },
);

/** `"PT5S"`, `"*\/5 * * * *"`, `{period, start?, repeat?}` or `{cron, timezone?}`. */
export const timeSchedule: Reader<TimeSchedule> = (raw, at) => {
  if (typeof raw === "string" && looksLikeCron(raw)) return cronText(raw, at);
  if (!isObject(raw)) return periodText(raw, at);
  return Object.hasOwn(raw, "cron") ? cron(raw, at) : periodic(raw, at);
};

const cronText: Reader<Cron> = (raw, at) => {
  const parsed = cronExpression(raw, at);
  return parsed.ok ? accepted({ cron: parsed.value }) : parsed;
};

const periodText: Reader<Periodic> = (raw, at) => {
  const parsed = period(raw, at);
  return parsed.ok ? accepted({ period: parsed.value }) : parsed;
};
