// Readers of numbers.
import { accepted } from "./problem.ts";
import { type Reader, mismatch } from "./reader.ts";

export type NumberRange = { readonly noun: string; readonly min: number; readonly max: number };

/** A whole number within a range. A text is refused even when it looks like a number, and told so. */
export function wholeNumber({ noun, min, max }: NumberRange): Reader<number> {
  const expected = `${noun}: a whole number from ${min} to ${max}`;
  return (raw, at) => {
    const value = typeof raw === "string" && raw.trim() !== "" ? Number(raw) : raw;
    if (typeof value !== "number" || Number.isNaN(value)) return mismatch(at, raw, { expected, fix: `write ${min}` });
    const fitting = Math.min(max, Math.max(min, Math.round(value)));
    if (typeof raw === "string" || fitting !== value) return mismatch(at, raw, { expected, fix: `write ${fitting}` });
    return accepted(value);
  };
}
