// What the history knows of a run, as far as it matters here; parsed where it arrives.
import { type AttemptState, type RunReport, isRunReport } from "../model/run.ts";

export type PastAttempt = Pick<RunReport, "attempt" | "instance"> & { readonly state: AttemptState };
/** `turn`: as `attempt`, and one more when it ended while it waited. */
export type PastRun = Pick<RunReport, "id" | "state" | "queuedAt" | "again"> & {
  readonly turn: number;
  /** Why it is to end before its time; null: it is not. */
  readonly stopping: string | null;
  readonly attempts: readonly PastAttempt[];
};

/** Null when the text is not a list of runs. */
export function parsePastRuns(text: string): readonly PastRun[] | null {
  const raw = json(text);
  return Array.isArray(raw) && raw.every(isPastRun) ? raw.map(completed) : null;
}

/** A controller of an earlier version says `turn` in `attempt`, and knows of no run that is to end. */
function completed(run: WrittenRun): PastRun {
  return { ...run, turn: run.turn ?? run.attempt, stopping: run.stopping ?? null };
}

type WrittenRun = Omit<PastRun, "turn" | "stopping"> &
  Partial<Pick<PastRun, "turn" | "stopping">> & { readonly attempt: number };

function isPastRun(raw: unknown): raw is WrittenRun {
  if (!isRunReport(raw) || !("attempts" in raw)) return false;
  if ("turn" in raw && !Number.isSafeInteger(raw.turn)) return false;
  if ("stopping" in raw && raw.stopping !== null && typeof raw.stopping !== "string") return false;
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
