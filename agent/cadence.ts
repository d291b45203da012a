// How often and how long a script executes, from the two variables that Vamp gave this meaning: seconds, 0 or absent is off.
import type { Parsed, Problem } from "../model/problem.ts";

const periodVariable = "VAMP_WORKFLOW_EXECUTION_PERIOD";
const timeoutVariable = "VAMP_WORKFLOW_EXECUTION_TIMEOUT";
/** Timers of Node end at 2^31 ms; three weeks are below that and above any use. */
const secondsMax = 21 * 86_400;

/** 0 is off, for both. */
export type Cadence = { readonly periodMs: number; readonly timeoutMs: number };

export function parseCadence(environment: Readonly<Record<string, string>>): Parsed<Cadence> {
  const problems: Problem[] = [];
  const milliseconds = (variable: string): number => {
    const raw = (environment[variable] ?? "").trim();
    if (raw === "") return 0;
    const seconds = /^\d+(\.\d+)?$/.test(raw) ? Number(raw) : Number.NaN;
    if (seconds <= secondsMax) return Math.round(seconds * 1_000);
    problems.push({
      path: variable,
      expected: `seconds as a number from 0 (off) to ${secondsMax}, such as "5"`,
      got: JSON.stringify(raw.slice(0, 100)),
      fix: "change the variable in the breed or the workflow",
    });
    return 0;
  };
  const cadence = { periodMs: milliseconds(periodVariable), timeoutMs: milliseconds(timeoutVariable) };
  return problems.length === 0 ? { ok: true, value: cadence } : { ok: false, problems };
}
