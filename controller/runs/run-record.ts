// A run as its reports tell it. Pure: the same reports give the same record, in whatever order they arrive and however often.
//
//   M1. A run that completed is completed, whatever else is told of it.
//   M2. Else the report of the highest attempt counts, and of one attempt the one whose state stands last in `statesInOrder`.
//       `queued` stands last: queued at attempt 3 means that three attempts are behind it, and it waits for the fourth.
//   M3. An attempt's last word counts. Of many attempts the last attemptsKept are kept; `attempt` is still their number.
//   M4. An attempt that started is lost when it has no end, and the run went on without it or is over. Who finds it dead reports
//       for the run, and knows nothing of the attempt: when and where it ran stays as its own report said.
import { type Outcome, type RunReport, type RunState, isOver } from "../../model/run.ts";
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
  return record === null || isLater(report, momentOf(record))
    ? withAttempts({ ...report, turn: report.attempt, stopping: stoppingAfter(record, report) }, attempts)
    : withAttempts(record, attempts);
}

/** Somebody asked for its end. That says nothing any more when it is over. */
export function withStop(record: RunRecord, reason: string): RunRecord {
  return isOver(record) ? record : { ...record, stopping: reason };
}

/** A run that is queued anew was asked for after it was asked to stop. */
function stoppingAfter(record: RunRecord | null, latest: RunReport): string | null {
  return latest.state === "queued" || isOver(latest) ? null : (record?.stopping ?? null);
}

/** What of a record is compared with what is told of the run. */
export function momentOf({ turn, state, finishedAt }: RunRecord): Moment {
  return { attempt: turn, state, finishedAt };
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
  const last = known && !isLater(report, { ...known, state: toldState(known) }) ? known : attemptOf(report);
  const startedAt = last.startedAt ?? known?.startedAt ?? report.startedAt;
  const others = attempts.filter((one) => one !== known);
  return [...others, { ...last, startedAt }].toSorted((a, b) => a.attempt - b.attempt).slice(-attemptsKept);
}

/** A run that waits, or ended while it waited, was in no instance. */
function tellsOfAttempt({ state, attempt, startedAt, instance, outcome }: RunReport): boolean {
  if (state === "queued" || attempt === 0) return false;
  return outcome?.kind === "dead" ? outcome.last !== null : startedAt !== null || instance !== null;
}

type Latest = RunReport & Pick<RunRecord, "turn" | "stopping">;

function withAttempts(latest: Latest, attempts: readonly Attempt[]): RunRecord {
  const { turn, state } = latest;
  const attempt = attempts.findLast((one) => one.attempt <= turn)?.attempt ?? 0;
  const present = state === "queued" ? undefined : attempts.find((one) => one.attempt === turn);
  const startedAt = latest.startedAt ?? present?.startedAt ?? null;
  return {
    ...latest,
    attempt,
    startedAt,
    attempts: attempts.map((one) => ({ ...one, state: seenState(one, latest) })),
  };
}

/** Lost is what an attempt looks like from the rest of the record (M4); nobody reports it. */
function seenState(one: Attempt, latest: Latest): Attempt["state"] {
  const state = toldState(one);
  if (state !== "started") return state;
  const isBehind = latest.state === "queued" ? one.attempt <= latest.turn : one.attempt < latest.turn;
  return isBehind || isOver(latest) ? "lost" : "started";
}

function toldState({ state }: Attempt): RunState {
  return state === "lost" ? "started" : state;
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
