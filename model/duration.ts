// Durations as ISO 8601 writes them: `P1Y2M3DT4H5M6S`, `PT5S`, `P2W`. Pure: months and years keep their calendar meaning, so only
// a duration without them has a length of its own in milliseconds.
import { type Parsed, accepted, refused } from "./problem.ts";
import { type Reader, mismatch, refine } from "./reader.ts";
import { shown } from "./shown.ts";

export type Duration = {
  readonly years: number;
  readonly months: number;
  readonly weeks: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  /** With up to three decimals. */
  readonly seconds: number;
};

/** A trigger does not tick faster than this. */
const periodSecondsMin = 1;
const durationCharsMax = 64;

const iso =
  /^P(?!$)(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?!$)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6}(?:\.\d{1,3})?)S)?)?$/;

/** `path` is where the text stands, for the problem. */
export function parseDuration(raw: unknown, at = "duration"): Parsed<Duration> {
  const duration = typeof raw === "string" ? durationOf(raw) : null;
  if (duration) return accepted(duration);
  const meant = typeof raw === "string" || typeof raw === "number" ? suggestedDuration(String(raw)) : null;
  const fix = meant ? `write ${shown(meant)}` : "write P, the days, T, then hours, minutes and seconds";
  return mismatch(at, raw, { expected: 'an ISO 8601 duration such as "PT5S"', fix });
}

/** The time between two slots: a duration that is not nothing. It is kept as its text. */
export const period: Reader<string> = (raw, at) =>
  refine(parseDuration, (duration): Parsed<string> => {
    if (isPeriod(duration) && typeof raw === "string") return accepted(raw);
    const expected = `a period of at least ${periodSecondsMin} second`;
    return refused({ path: at, expected, got: shown(raw), fix: 'write "PT1S" or longer' });
  })(raw, at);

/** The two parts of a duration: what the calendar counts, and what has a fixed length (a day is 24 hours). */
export function lengthsOf(duration: Duration): { readonly months: number; readonly fixedMs: number } {
  const hours = (duration.weeks * 7 + duration.days) * 24 + duration.hours;
  const fixedMs = (hours * 60 + duration.minutes) * 60_000 + Math.round(duration.seconds * 1000);
  return { months: duration.years * 12 + duration.months, fixedMs };
}

/** The length of an ISO 8601 duration; null when it has none (months and years) or the text is no duration. */
export function durationMs(written: string): number | null {
  const duration = durationOf(written);
  if (!duration) return null;
  const { months, fixedMs } = lengthsOf(duration);
  return months === 0 ? fixedMs : null;
}

/** What somebody who wrote `5s`, `1h30m`, `pt5s`, `P5S` or `5` probably meant, or null. */
export function suggestedDuration(written: string): string | null {
  if (written.length > durationCharsMax) return null;
  const upper = written.trim().toUpperCase();
  if (durationOf(upper)) return upper;
  const parts = [...upper.replace(/^PT?/, "").matchAll(/(\d+(?:\.\d+)?)\s*([A-Z]*)\s*/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== upper.replace(/^PT?/, "")) return null;
  const amounts = new Map(parts.map(([, amount, unit = ""]) => [letterOf(unit), amount]));
  const write = (...letters: string[]): string =>
    letters.map((letter) => (amounts.has(letter) ? `${amounts.get(letter)}${letter}` : "")).join("");
  const time = write("H", "M", "S");
  const suggestion = `P${write("Y", "W", "D")}${time && `T${time}`}`;
  return amounts.size === parts.length && durationOf(suggestion) ? suggestion : null;
}

function durationOf(written: string): Duration | null {
  const match = iso.exec(written);
  if (!match) return null;
  const amount = (group: number): number => Number(match[group] ?? 0);
  return {
    years: amount(1),
    months: amount(2),
    weeks: amount(3),
    days: amount(4),
    hours: amount(5),
    minutes: amount(6),
    seconds: amount(7),
  };
}

function isPeriod({ seconds, ...rest }: Duration): boolean {
  return seconds >= periodSecondsMin || Object.values(rest).some((amount) => amount > 0);
}

/** The ISO letter of a unit as people write it: a bare number counts seconds, and `m` alone is minutes. */
function letterOf(unit: string): string {
  if (/^(S|SEC|SECS|SECOND|SECONDS|)$/.test(unit)) return "S";
  if (/^(M|MIN|MINS|MINUTE|MINUTES)$/.test(unit)) return "M";
  return /^(HR?S?|HOURS?|DAYS?|D|WEEKS?|W|YEARS?|Y)$/.test(unit) ? unit.slice(0, 1) : "?";
}
