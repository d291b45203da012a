// A moment as people write it in a request: an ISO 8601 instant, `now`, or how long ago (`1h`, `now-30s`).
import { instant } from "../../model/instant.ts";
import { type Parsed, accepted } from "../../model/problem.ts";
import { mismatch } from "../../model/reader.ts";

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const expected = 'an ISO 8601 instant such as "2026-01-31T08:15:30Z", or how long ago, such as "1h"';

/** As an instant in UTC with milliseconds. */
export function momentOf(text: string, path: string, now: Date): Parsed<string> {
  // A plus in a query is a space; it stands in offsets such as +02:00.
  const parsed = instant(text.replace(" ", "+"), path);
  if (parsed.ok) return parsed;
  const [, amount = "", unit = ""] = /^(?:now-)?(\d{1,9})([smhdw])$/.exec(text) ?? [];
  const ms = text === "now" ? now.getTime() : now.getTime() - Number(amount) * (unitMs[unit] ?? Number.NaN);
  if (ms >= 0) return accepted(new Date(ms).toISOString());
  return mismatch(path, text, { expected, fix: `write ${path}=1h` });
}
