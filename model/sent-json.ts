// JSON as senders of events write it: read in the short way, because this is the path of every event. Where that fails, the strict
// reader names the place. What JSON.parse would change without a word is refused.
import { inexactInteger } from "./exact-integers.ts";
import { readJson } from "./json.ts";
import { type Parsed, accepted, refused } from "./problem.ts";

export function readSentJson(text: string): Parsed<unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return readJson(text);
  }
  const inexact = inexactInteger(text);
  return inexact === null ? accepted(value) : refused(inexact);
}
