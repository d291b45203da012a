// A run as its reports tell it. Pure: the same reports give the same record, in whatever order they arrive and however often.
//
//   M1. A run that completed is completed, whatever else is told of it.
//   M2. Else the report of the highest attempt counts, and of one attempt the one whose state stands last in `statesInOrder`.
//       `queued` stands last: queued at attempt 3 means that three attempts are behind it, and it waits for the fourth.
//   M3. An attempt's last word counts. Of many attempts the last attemptsKept are kept; `attempt` is still their number.
import type { Outcome, RunReport, RunState } from "../../model/run.ts";
import type { Attempt, RunRecord } from "./history.ts";

/** Runs are given again by hand as often as somebody likes. */
export const attemptsKept = 20;

/** `stopped` stands before other ends: when a run is stopped as it ends, how it ended is told by who ran it. */
const statesInOrder: readonly RunState[] = [
  "started",
  "stopped",
  "refused",
  "skipped",
  "timed-out",
  "failed",
  "completed",
  "dead",
  "queued",
];

type Failed = Extract<Outcome, { kind: "failed" }>;

export function merge(record: RunRecord | null, report: RunReport): RunRecord {
  const attempts = withAttempt(record?.attempts ?? [], report);
  if (record === null || isLater(report, record)) return { ...report, attempts };
  return { ...record, attempts };
}

/** Whether `a` says what happened after `b`. Of two that say the same, the one that ended first is believed. */
export function isLater(a: Moment, b: Moment): boolean {
  const completed = Number(a.state === "completed") - Number(b.state === "completed");
  if (completed !== 0) return completed > 0;
  if (a.attempt !== b.attempt) return a.attempt > b.attempt;
  if (a.state !== b.state) return statesInOrder.indexOf(a.state) > statesInOrder.indexOf(b.state);
  return (a.finishedAt ?? "") < (b.finishedAt ?? "");
}

/** When in the life of a run something was said. */
export type Moment = Pick<RunReport, "attempt" | "state"> & { readonly finishedAt?: string | null };

function withAttempt(attempts: readonly Attempt[], report: RunReport): readonly Attempt[] {
  if (!tellsOfAttempt(report)) return attempts;
  const known = attempts.find(({ attempt }) => attempt === report.attempt);
  if (known && !isLater(report, known)) return attempts;
  const others = attempts.filter((one) => one !== known);
  return [...others, attemptOf(report)].toSorted((a, b) => a.attempt - b.attempt).slice(-attemptsKept);
}

/** A run that waits, or ended while it waited, was in no instance. */
function tellsOfAttempt({ state, attempt, startedAt, instance }: RunReport): boolean {
  return state !== "queued" && attempt > 0 && (startedAt !== null || instance !== null);
}

/** The result and the stack stand in the run itself. */
function attemptOf({ attempt, state, revision, instance, startedAt, finishedAt, outcome, again }: RunReport): Attempt {
  return { attempt, state, revision, instance, startedAt, finishedAt, outcome: outcome && inBrief(outcome), again };
}

function inBrief(outcome: Outcome): Outcome {
  switch (outcome.kind) {
    case "completed":
      return { kind: "completed", exitCode: outcome.exitCode };
    case "failed":
      return withoutStack(outcome);
    case "dead":
      return outcome.last?.kind === "failed" ? { ...outcome, last: withoutStack(outcome.last) } : outcome;
    case "timed-out":
    case "stopped":
    case "skipped":
    case "refused":
      return outcome;
  }
}

function withoutStack(failed: Failed): Failed {
  return { ...failed, error: { message: failed.error.message } };
}
