// Durations that somebody waits for: they have one length, whatever the calendar, and lie within bounds.
import { durationMs, parseDuration } from "./duration.ts";
import { type Parsed, accepted, refused } from "./problem.ts";
import { type Reader, refine } from "./reader.ts";
import { shown } from "./shown.ts";

/** ISO 8601, the shortest and the longest that is accepted. */
export type DurationRange = { readonly min: string; readonly max: string };

/** Kept as its text; durationMs() says how long it is. */
export function fixedDuration({ min, max }: DurationRange): Reader<string> {
  const [minMs, maxMs] = [durationMs(min), durationMs(max)];
  if (minMs === null || maxMs === null) throw new Error(`not durations of a fixed length: ${min}, ${max}`);
  const expected = `a duration from "${min}" to "${max}"`;
  return (raw, at) =>
    refine(parseDuration, (): Parsed<string> => {
      const written = String(raw);
      const ms = durationMs(written);
      const refuse = (fix: string): Parsed<never> => refused({ path: at, expected, got: shown(raw), fix });
      if (ms === null) return refuse("write it in weeks, days, hours, minutes and seconds");
      if (ms < minMs) return refuse(`write "${min}" or longer`);
      return ms > maxMs ? refuse(`write "${max}" or shorter`) : accepted(written);
    })(raw, at);
}
