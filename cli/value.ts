// A value as people write it on a command line: JSON when it is JSON, else the text as it is.
import { inexactInteger } from "../model/exact-integers.ts";
import { readJson } from "../model/json.ts";
import { problemText } from "../model/problem.ts";
import { Failure } from "./failure.ts";

const fixCharsMax = 60;

/** Throws Failure for what begins as JSON does and is none: it is more often a mistake than meant as text. */
export function valueOf(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    if (!/^\s*[[{"]/.test(text)) return text;
    throw new Failure(`--value: begins as JSON and is none: ${whatIsWrong(text)}; ${asText(text)}`, 2);
  }
  const inexact = inexactInteger(text);
  if (inexact !== null) throw new Failure(`--value: ${problemText(inexact)}`, 2);
  return value;
}

function whatIsWrong(text: string): string {
  const read = readJson(text);
  return read.ok ? "it cannot be read" : read.problems.map(problemText).join("; ");
}

function asText(text: string): string {
  const quoted = JSON.stringify(text);
  if (quoted.length > fixCharsMax) return "to send it as text, quote it as a JSON string";
  return `to send it as text, write --value '${quoted.replaceAll("'", `'\\''`)}'`;
}
