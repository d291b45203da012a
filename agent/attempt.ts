// What becomes of a run that was delivered, and of one whose attempt has ended: pure decisions.
//
//   A1. A run that is over is never started again (I2).
//   A2. An attempt that began and has no end counts as died only when JetStream has let its delivery run out while its agent
//       could have kept it alive. In any other case the agent may be at work on it: the delivery is left alone, and comes again
//       when nobody keeps it alive.
//   A3. A run whose container or host died is given again, deathsMax times at most; a failed one as its workflow's policy says.
import type { RetryPolicy } from "../bus/assignment.ts";
import type { QueuedRun } from "../bus/run-message.ts";
import { type FailedOutcome, type Outcome, isOver } from "../model/run.ts";
import type { PastAttempt, PastRun } from "./past-run.ts";

/** How often a run is given again because its container or host died. */
export const deathsMax = 3;
/** In this time after NATS is back every agent that lives is connected again, and has said what it is at work on. */
const returnMaxMs = 9_000;
/** As long as a workflow may ask for; the factor makes no delay longer. Nobody waits for a retry that is weeks away. */
const retryDelayMaxMs = 86_400_000;
/** Clocks of hosts differ; a message that is stored this long after NATS was there is certainly new. */
const clockMarginMs = 5_000;
/** JetStream may deliver this much before a delay is over. */
const earlyMaxMs = 100;

export type Delivered = { readonly deliveries: number; readonly storedAtMs: number };

/** When NATS was last found to be there, and whether it had been away before, or had forgotten something. */
export type Footing = { readonly sinceMs: number; readonly wasAway: boolean };

/** Whether the history must be asked before the run is started: JetStream may have forgotten what became of it. */
export function isDoubtful({ deliveries, storedAtMs }: Delivered, { sinceMs }: Footing): boolean {
  return deliveries > 1 || storedAtMs < sinceMs + clockMarginMs;
}

export type Beginning =
  | { readonly kind: "start"; readonly attempt: number; readonly failures: number }
  /** To be acknowledged and forgotten. */
  | { readonly kind: "over" }
  /** Its next attempt is due later. */
  | { readonly kind: "early"; readonly delayMs: number }
  /** Perhaps under way elsewhere. */
  | { readonly kind: "elsewhere" }
  /** Somebody asked for its end: it is told instead of the attempt. */
  | { readonly kind: "stopped"; readonly attempt: number; readonly reason: string }
  | { readonly kind: "dead"; readonly attempt: number; readonly reason: string };

export type Surroundings = {
  readonly delivered: Delivered;
  readonly instance: string;
  readonly footing: Footing;
  readonly nowMs: number;
};

/** `record`: what the history knows of the run; null when it knows nothing, or need not be asked. */
export function beforeAttempt(run: QueuedRun, record: PastRun | null, surroundings: Surroundings): Beginning {
  if (record === null) return { kind: "start", attempt: run.attemptsBefore + 1, failures: 0 };
  if (isOver(record) && isOfThisQueueing(record, run)) return { kind: "over" };
  const attempts = record.attempts.filter(({ attempt }) => attempt > run.attemptsBefore);
  const delayMs = record.again === null ? 0 : Date.parse(record.again) - surroundings.nowMs;
  if (delayMs > earlyMaxMs && record.stopping === null && isOfThisQueueing(record, run))
    return { kind: "early", delayMs };

  const endless = attempts.filter(({ state }) => state === "started" || state === "lost");
  if (endless.some((attempt) => mayLive(attempt, surroundings))) return { kind: "elsewhere" };
  const last = Math.max(run.attemptsBefore, ...attempts.map(({ attempt }) => attempt));
  if (record.stopping !== null) return { kind: "stopped", attempt: last + 1, reason: record.stopping };
  if (endless.length > deathsMax) {
    return { kind: "dead", attempt: last, reason: `its container or host died ${endless.length} times` };
  }
  // The record keeps the last attempts only. A run that had more is one whose attempts fail.
  const forgotten = last - run.attemptsBefore - attempts.length;
  const failed = attempts.filter(({ state }) => state === "failed" || state === "timed-out").length;
  return { kind: "start", attempt: last + 1, failures: forgotten + failed };
}

/** A dead letter that is given again has a record of an end that came before it was queued anew. */
function isOfThisQueueing(record: PastRun, run: QueuedRun): boolean {
  return record.turn > run.attemptsBefore || record.queuedAt === null || record.queuedAt === run.queuedAt;
}

/** An attempt of this very instance that is not under way here has died with the process that was here before. */
function mayLive({ instance }: PastAttempt, { delivered, footing, nowMs, ...here }: Surroundings): boolean {
  if (instance === here.instance) return false;
  return delivered.deliveries === 1 || (footing.wasAway && nowMs - footing.sinceMs < returnMaxMs);
}

export type Ending =
  /** Nothing more happens to the run. */
  | { readonly kind: "done" }
  | { readonly kind: "again"; readonly delayMs: number }
  | { readonly kind: "dead"; readonly reason: string; readonly last: FailedOutcome };

export type Progress = {
  /** Attempts before this one that failed or timed out. */
  readonly failures: number;
  readonly policy: RetryPolicy;
  /** Whether it was stopped for good, rather than with its agent. */
  readonly isCancelled: boolean;
};

export function afterAttempt(outcome: Outcome, { failures, policy, isCancelled }: Progress): Ending {
  switch (outcome.kind) {
    case "failed":
    case "timed-out": {
      if (isCancelled) return { kind: "done" };
      if (failures < policy.times) return { kind: "again", delayMs: retryDelayMs(policy, failures) };
      return { kind: "dead", reason: deadReason(outcome, failures + 1), last: outcome };
    }
    case "stopped":
      return isCancelled ? { kind: "done" } : { kind: "again", delayMs: 0 };
    case "completed":
    case "dead":
    case "skipped":
    case "refused":
      return { kind: "done" };
  }
}

function retryDelayMs({ delayMs, factor }: RetryPolicy, failures: number): number {
  return Math.round(Math.min(delayMs * factor ** failures, retryDelayMaxMs));
}

function deadReason(outcome: FailedOutcome, times: number): string {
  const what = outcome.kind === "failed" ? "failed" : `exceeded its time limit of ${outcome.afterMs} ms`;
  return times === 1 ? `it ${what}` : `it ${what}, and that was ${times} attempts in a row without success`;
}
