// What a test wants of a parser's answer: its value, or its problems as the lines that people read.
import { type Parsed, problemText } from "../../model/problem.ts";

export function valueOf<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(parsed.problems.map(problemText).join("\n"));
  return parsed.value;
}

export function problemsOf(parsed: Parsed<unknown>): string[] {
  return parsed.ok ? [] : parsed.problems.map(problemText);
}
