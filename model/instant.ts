// Instants as ISO 8601 writes them, with an offset, from 1970 to 9999. What is read is UTC with milliseconds.
import { accepted } from "./problem.ts";
import { type Reader, mismatch } from "./reader.ts";

const written = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2})?)(?:\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?$/;
const expected = 'an ISO 8601 instant from 1970 to 9999 such as "2026-01-31T08:15:30Z"';

export const instant: Reader<string> = (raw, at) => {
  const [, day, time, offset] = typeof raw === "string" ? (written.exec(raw) ?? []) : [];
  if (typeof raw !== "string" || day === undefined || time === undefined) {
    return mismatch(at, raw, { expected, fix: "write the date, T, the time and Z" });
  }
  if (offset === undefined) return mismatch(at, raw, { expected, fix: `add "Z" for UTC: "${raw}Z"` });
  const ms = isOnCalendar(day, time) ? Date.parse(raw.replace(/([+-]\d{2})(\d{2})$/, "$1:$2")) : Number.NaN;
  const year = new Date(ms).getUTCFullYear();
  if (!(year >= 1970 && year <= 9999)) return mismatch(at, raw, { expected, fix: "write a date and time that exist" });
  return accepted(new Date(ms).toISOString());
};

/** Date.parse takes the 30th of February for the 1st of March; the day and time must come back as they were written. */
function isOnCalendar(day: string, time: string): boolean {
  const ms = Date.parse(`${day}T${time}Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(`${day}T${time}`);
}
