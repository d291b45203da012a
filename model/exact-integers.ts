// Whole numbers in a JSON text that would come out as others: JSON.parse reads a double, which keeps 15 digits of any number and
// loses the last ones of longer ones. An id that has changed its last digits looks right and finds nothing.
//
//   N1. The text is valid JSON. What stands in its texts is no number.
//   N2. A fraction or an exponent says that a number is a measure; those are rounded as everywhere.
import { placeIn } from "./json.ts";
import type { Problem } from "./problem.ts";
import { shown } from "./shown.ts";

/** Most texts have none, and are done with in a fifth of a microsecond; digits of a fraction are no whole number. */
const manyDigits = /\d{16}/;
const manyOfInteger = /(?<![\d.])\d{16}/;
const textOrNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** The first one; null when every whole number stays what it is. */
export function inexactInteger(text: string): Problem | null {
  if (!manyDigits.test(text) || !manyOfInteger.test(text)) return null;
  for (const { 0: token, index } of text.matchAll(textOrNumber)) {
    if (!/^-?\d{16,}$/.test(token) || String(Number(token)) === token) continue;
    return {
      path: placeIn(text, index),
      expected: "a whole number that JSON readers keep, from -(2^53 - 1) to 2^53 - 1",
      got: shown(token).slice(1, -1),
      fix: "put it in quotes",
    };
  }
  return null;
}
