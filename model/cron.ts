// Cron expressions and the time zones in which they are meant. Five fields, or six with seconds first, or a name such as @daily.
import { type CronClock, cronClockOf } from "./cron-clock.ts";
import { nearest } from "./nearest.ts";
import { type Parsed, accepted, refused } from "./problem.ts";
import { type Reader, mismatch } from "./reader.ts";
import { shown } from "./shown.ts";

const expressionCharsMax = 256;
const reasonCharsMax = 78;
/** A fixed day to look for the first slot from, so that the same text is always judged alike; leap days are near. */
const judgedFrom = Date.UTC(2024, 0, 1);

const wanted = {
  expected: 'a cron expression such as "*/5 * * * *"',
  fix: "write five fields, or six with seconds first",
};

export const cronExpression: Reader<string> = (raw, at) => {
  if (typeof raw !== "string" || raw.length > expressionCharsMax || !looksLikeCron(raw))
    return mismatch(at, raw, wanted);
  const expression = raw.trim().split(/\s+/).join(" ");
  // The parser's `H` picks a random moment at every reading; a schedule must have the same slots after a restart.
  if (/H/.test(expression.replaceAll(/[A-Z]{3}/gi, "")))
    return mismatch(at, raw, { ...wanted, fix: "write a number for H" });
  if (expression.startsWith("@") && !names.includes(expression)) return unknownName(raw, at);
  const clock = clockOf(expression);
  if (typeof clock === "string" && !neverHappens.test(clock)) {
    const got = `${shown(raw.slice(0, 30))} (${clock})`.slice(0, reasonCharsMax);
    return refused({ path: at, expected: wanted.expected, got, fix: fixOf(clock) });
  }
  if (typeof clock === "string" || clock.next(judgedFrom) === null) return never(raw, at);
  return accepted(expression);
};

/** What cron-parser knows. */
const names = [
  "@yearly",
  "@annually",
  "@monthly",
  "@weekly",
  "@daily",
  "@hourly",
  "@minutely",
  "@secondly",
  "@weekdays",
  "@weekends",
];

function unknownName(raw: string, at: string): Parsed<never> {
  const meant = nearest(raw.trim(), names);
  const fix = meant
    ? `write ${shown(meant)}`
    : `write ${names.slice(0, -1).join(", ")} or ${names.at(-1)}, or five fields`;
  return mismatch(at, raw, { ...wanted, fix });
}

/** cron-parser knows the range of every field. */
function fixOf(reason: string): string {
  const [, value, min, max] = /got value (\S+) expected range (\d+)-(\d+)/.exec(reason) ?? [];
  return value === undefined ? "correct the expression" : `write a number from ${min} to ${max} for ${value}`;
}

/** What cron-parser says of a day that none of the months has; other impossible days it accepts. */
const neverHappens = /explicit day of month/;

function never(raw: string, at: string): Parsed<never> {
  const got = `${shown(raw.slice(0, 30))}, which never happens`;
  return refused({ path: at, expected: wanted.expected, got, fix: "choose a day that its months have" });
}

/** The clock, or why there is none. */
function clockOf(expression: string): CronClock | string {
  try {
    return cronClockOf(expression);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether a text is meant as a cron expression rather than as a duration; it need not be a correct one. */
export function looksLikeCron(written: string): boolean {
  const fields = written.trim().split(/\s+/).length;
  return written.trim().startsWith("@") || fields === 5 || fields === 6;
}

export const timeZone: Reader<string> = (raw, at) => {
  if (typeof raw === "string" && isTimeZone(raw)) return accepted(raw);
  const meant = typeof raw === "string" ? nearestZone(raw) : null;
  const fix = `write ${shown(meant ?? "UTC")}`;
  return mismatch(at, raw, { expected: 'the name of a time zone such as "Europe/Amsterdam"', fix });
};

/** By its whole name, or else by its city, as many people write only that. */
function nearestZone(written: string): string | null {
  const zones = Intl.supportedValuesOf("timeZone");
  const cityOf = (zone: string): string => zone.slice(zone.lastIndexOf("/") + 1);
  const city = nearest(cityOf(written), zones.map(cityOf));
  return nearest(written, zones) ?? zones.find((zone) => cityOf(zone) === city) ?? null;
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone }).format(judgedFrom);
    return true;
  } catch {
    return false;
  }
}
