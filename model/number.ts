// Readers of numbers.
import { accepted } from "./problem.ts";
import { type Reader, mismatch } from "./reader.ts";

export type NumberRange = { readonly noun: string; readonly min: number; readonly max: number };

/** A whole number within a range. A text is refused even when it looks like a number, and told so. */
export function wholeNumber(range: NumberRange): Reader<number> {
  return numberWithin(range, "a whole number", Math.round);
}

/** A number within a range, with decimals or without. */
export function decimalNumber(range: NumberRange): Reader<number> {
  return numberWithin(range, "a number", (value) => value);
}

function numberWithin(
  { noun, min, max }: NumberRange,
  kind: string,
  nearest: (value: number) => number,
): Reader<number> {
  const expected = `${noun}: ${kind} from ${min} to ${max}`;
  return (raw, at) => {
    const value = typeof raw === "string" && raw.trim() !== "" ? Number(raw) : raw;
    if (typeof value !== "number" || Number.isNaN(value)) return mismatch(at, raw, { expected, fix: `write ${min}` });
    const fitting = Math.min(max, Math.max(min, nearest(value)));
    if (typeof raw === "string" || fitting !== value) return mismatch(at, raw, { expected, fix: `write ${fitting}` });
    return accepted(value);
  };
}
