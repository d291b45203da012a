// A moment as people write it: an ISO 8601 instant, a date alone, `now`, or how long ago (`1h`, `PT1H`, `now-30s`).
import { durationMs } from "./duration.ts";
import { instant } from "./instant.ts";
import { type Parsed, accepted } from "./problem.ts";
import { mismatch } from "./reader.ts";

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const expected = 'an ISO 8601 instant such as "2026-01-31T08:15:30Z", a date, or how long ago, such as "1h"';

/** As an instant in UTC with milliseconds; a date is its midnight in UTC. */
export function momentOf(text: string, path: string, now: Date): Parsed<string> {
  const parsed = instant(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00Z` : text, path);
  if (parsed.ok) return parsed;
  const ago = text === "now" ? 0 : agoMs(text);
  const fix = `write ${path}=1h`;
  if (ago === null) return mismatch(path, text, { expected, fix });
  const ms = now.getTime() - ago;
  if (ms >= 0) return accepted(new Date(ms).toISOString());
  return mismatch(path, text, { expected: "a moment from 1970 on, and this is before 1970", fix });
}

/** Null for what is no duration, or has no length of its own (months and years). */
function agoMs(text: string): number | null {
  const [, amount, unit = ""] = /^(?:now-)?(\d+)([smhdw])$/.exec(text) ?? [];
  return amount === undefined ? durationMs(text) : Number(amount) * (unitMs[unit] ?? 0);
}
