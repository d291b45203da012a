// The attempts that are under way in this agent: each from the event of its start to the hand-over of how it ended.
//
//   W1. The event of a start has left this process before user code begins: an attempt that has an effect has a record.
//   W2. A place is free as soon as user code has ended; the end is stored and acknowledged behind it.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Assignment, QueueWork } from "../bus/assignment.ts";
import { type QueuedRun, causeOf } from "../bus/run-message.ts";
import { problemText } from "../model/problem.ts";
import type { Outcome, RunReport } from "../model/run.ts";
import { type Ending, afterAttempt } from "./attempt.ts";
import { parseCadence } from "./cadence.ts";
import type { Clock } from "./clock.ts";
import type { Held } from "./keep-alive.ts";
import { headline } from "./last-words.ts";
import { endedReport, startedReport, waitingReport } from "./queue-report.ts";
import type { Settlement, Settling } from "./settlement.ts";
import type { Status } from "./status.ts";

/** Executes user code for one attempt; never rejects. The signal's reason becomes that of a stopped outcome. */
export type Execute = (
  run: QueuedRun & { readonly attempt: number },
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
) => Promise<Outcome>;

export type UnderWayParts = {
  readonly clock: Clock;
  readonly status: Status;
  readonly settlement: Settlement;
  readonly execute: Execute;
  /** A place has become free, after so many milliseconds. */
  readonly onFree: (tookMs: number) => void;
};

/** A run whose turn it is. */
export type Ready = {
  readonly held: Held;
  readonly run: QueuedRun;
  readonly attempt: number;
  /** Attempts before this one that failed or timed out. */
  readonly failures: number;
};

export type UnderWay = {
  readonly count: number;
  start(ready: Ready): void;
  /** Ends a run for good; false when it is not under way here. */
  cancel(run: string, reason: string): boolean;
  /** Ends all, to be given again elsewhere. */
  stop(reason: string): void;
  /** Ends all, because they have been given again elsewhere already. */
  abandon(reason: string): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
};

type Entry = {
  readonly startedAt: string;
  readonly stopping: AbortController;
  isCancelled: boolean;
  isAbandoned: boolean;
};

export function createUnderWay(
  assignment: Assignment,
  { environment, retry, timeoutMs: attemptMaxMs }: Pick<QueueWork, "environment" | "retry" | "timeoutMs">,
  { clock, status, settlement, execute, onFree }: UnderWayParts,
): UnderWay {
  const entries = new Map<string, Entry>();
  let idle = Promise.withResolvers<void>();
  const cadence = parseCadence(environment);
  const timeoutMs =
    cadence.ok && cadence.value.timeoutMs > 0 ? Math.min(attemptMaxMs, cadence.value.timeoutMs) : attemptMaxMs;

  return {
    get count() {
      return entries.size;
    },
    start(ready) {
      const startedAtMs = clock.now();
      const started = startedReport(waitingReport(assignment, ready.run, ready.attempt), startedAtMs);
      const entry = {
        startedAt: new Date(startedAtMs).toISOString(),
        stopping: new AbortController(),
        isCancelled: false,
        isAbandoned: false,
      };
      entries.set(ready.run.id, entry);
      void see(ready, entry, started);
    },
    cancel(run, reason) {
      const entry = entries.get(run);
      if (entry === undefined) return false;
      entry.isCancelled = true;
      entry.stopping.abort(reason);
      return true;
    },
    stop(reason) {
      for (const { stopping } of entries.values()) stopping.abort(reason);
    },
    abandon(reason) {
      for (const entry of entries.values()) {
        entry.isAbandoned = true;
        entry.stopping.abort(reason);
      }
    },
    idle: () => (entries.size === 0 ? Promise.resolve() : idle.promise),
  };

  async function see({ held, run, attempt, failures }: Ready, entry: Entry, started: RunReport): Promise<void> {
    const beganMs = performance.now();
    const hasEnded = settlement.begin(started);
    status.enterRun({ id: run.id, cause: causeOf(run), hops: run.hops }, { state: state(), lastRun: started });
    await nextTurn();
    const outcome = await outcomeOf({ ...run, attempt }, entry);

    const endedAtMs = clock.now();
    const ending = afterAttempt(outcome, { failures, policy: retry, isCancelled: entry.isCancelled });
    const ended = endedReport(started, outcome, ending, endedAtMs);
    entries.delete(run.id);
    hasEnded();
    settlement.conclude(held, ended, settlingOf(ending, entry));
    status.leaveRun({ state: state(), lastRun: withoutResult(ended), ...lastError(outcome) });
    onFree(performance.now() - beganMs);
    if (entries.size > 0) return;
    idle.resolve();
    idle = Promise.withResolvers();
  }

  function outcomeOf(run: QueuedRun & { readonly attempt: number }, { stopping }: Entry): Promise<Outcome> {
    if (cadence.ok) return execute(run, { timeoutMs, signal: stopping.signal });
    const error = { message: cadence.problems.map(problemText).join("\n") };
    return Promise.resolve({ kind: "failed", exitCode: null, error });
  }

  /** The oldest stands first. */
  function state(): { kind: "running"; since: string } | { kind: "idle" } {
    const [oldest] = entries.values();
    return oldest === undefined ? { kind: "idle" } : { kind: "running", since: oldest.startedAt };
  }
}

/** An abandoned run that ended by itself in the last moment has ended all the same. */
function settlingOf(ending: Ending, { isAbandoned }: Entry): Settling {
  if (ending.kind !== "again") return { kind: "over" };
  return isAbandoned ? { kind: "elsewhere" } : ending;
}

/** A report is sent at every change; a large result in it would be sent as often. The run's event has it. */
function withoutResult(report: RunReport): RunReport {
  if (report.outcome?.kind !== "completed" || report.outcome.result === undefined) return report;
  const { kind, exitCode } = report.outcome;
  return { ...report, outcome: { kind, exitCode } };
}

/** The line about how it ended badly; empty when it did not, so that the last bad end stays on show. */
function lastError(outcome: Outcome): { lastError?: string } {
  if (outcome.kind === "failed") return { lastError: headline(outcome.error.message) };
  if (outcome.kind === "timed-out") return { lastError: `timed out after ${outcome.afterMs} ms` };
  return {};
}
