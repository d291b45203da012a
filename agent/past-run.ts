// What the history knows of a run, as far as it matters here; parsed where it arrives.
import { type RunReport, isRunReport } from "../model/run.ts";

export type PastAttempt = Pick<RunReport, "attempt" | "state" | "instance">;
export type PastRun = Pick<RunReport, "id" | "state" | "attempt" | "queuedAt" | "again"> & {
  readonly attempts: readonly PastAttempt[];
};

/** Null when the text is not a list of runs. */
export function parsePastRuns(text: string): readonly PastRun[] | null {
  const raw = json(text);
  return Array.isArray(raw) && raw.every(isPastRun) ? raw : null;
}

function isPastRun(raw: unknown): raw is PastRun {
  if (!isRunReport(raw) || !("attempts" in raw)) return false;
  return Array.isArray(raw.attempts) && raw.attempts.every(isPastAttempt);
}

function isPastAttempt(raw: unknown): raw is PastAttempt {
  if (typeof raw !== "object" || raw === null) return false;
  return "attempt" in raw && Number.isSafeInteger(raw.attempt) && "state" in raw && typeof raw.state === "string";
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
