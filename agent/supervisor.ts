// Keeps the script of a daemon going: executes it, records the run, decides when it starts again, waits.
//
//   V1. At most one execution at a time.
//   V2. Every execution is one run with exactly one start and one end, also when it is cut short or cannot start.
//   V3. Nothing here waits for NATS: records are handed over and kept elsewhere.
import { randomUUID } from "node:crypto";
import type { Assignment } from "../bus/assignment.ts";
import { problemText } from "../model/problem.ts";
import type { Outcome, RunReport } from "../model/run.ts";
import { type Cadence, parseCadence } from "./cadence.ts";
import type { Clock } from "./clock.ts";
import { headline } from "./last-words.ts";
import { nextStart } from "./restart-policy.ts";
import type { Status } from "./status.ts";

export type Execution = {
  readonly run: string;
  /** 0: none. */
  readonly timeoutMs: number;
  /** Ends the execution as stopped; its reason is the outcome's. */
  readonly signal: AbortSignal;
};

export type SupervisorParts = {
  readonly clock: Clock;
  readonly status: Status;
  readonly record: (report: RunReport) => void;
  /** Executes the script once; never rejects. */
  readonly execute: (execution: Execution) => Promise<Outcome>;
};

/** Resolves when the signal has fired and the last execution has ended. */
export async function supervise(
  assignment: Assignment,
  environment: Readonly<Record<string, string>>,
  { clock, status, record, execute }: SupervisorParts,
  signal: AbortSignal,
): Promise<void> {
  const cadence = parseCadence(environment);
  const { periodMs, timeoutMs }: Cadence = cadence.ok ? cadence.value : { periodMs: 0, timeoutMs: 0 };
  let shortLives = 0;
  let restarts = 0;
  while (!signal.aborted) {
    const startedAtMs = clock.now();
    const since = instant(startedAtMs);
    const started = startedReport(assignment, since);
    status.enterRun({ id: started.id }, { state: { kind: "running", since }, restarts, lastRun: started });
    record(started);

    const outcome: Outcome = cadence.ok
      ? await execute({ run: started.id, timeoutMs, signal })
      : { kind: "failed", exitCode: null, error: { message: cadence.problems.map(problemText).join("\n") } };

    const endedAtMs = clock.now();
    const ended = endedReport(started, outcome, endedAtMs);
    record(ended);
    const next = nextStart({ startedAtMs, endedAtMs, periodMs, shortLives });
    status.leaveRun({
      state: next.kind === "tick" ? { kind: "idle" } : { kind: "backing-off", until: instant(next.atMs) },
      lastRun: ended,
      ...lastError(outcome),
    });
    shortLives = next.shortLives;
    if (next.kind === "restart") restarts += 1;
    await clock.wait(Math.max(0, next.atMs - endedAtMs), signal);
  }
}

/** A daemon's run was not queued and has no cause; it is made once, and another follows it. */
function startedReport({ workflow, instance, deployment, revision }: Assignment, startedAt: string): RunReport {
  return {
    id: `r-${randomUUID()}`,
    workflow,
    state: "started",
    trigger: "daemon",
    attempt: 1,
    cause: null,
    hops: 0,
    about: null,
    slot: null,
    revision,
    deployment,
    instance,
    queuedAt: null,
    startedAt,
    finishedAt: null,
    outcome: null,
    again: null,
  };
}

function endedReport(started: RunReport, outcome: Outcome, endedAtMs: number): RunReport {
  return { ...started, state: outcome.kind, outcome, finishedAt: instant(endedAtMs) };
}

/** The line about how it ended badly; empty when it did not, so that the last bad end stays on show. */
function lastError(outcome: Outcome): { lastError?: string } {
  if (outcome.kind === "failed") return { lastError: headline(outcome.error.stack ?? outcome.error.message) };
  if (outcome.kind === "timed-out") return { lastError: `timed out after ${outcome.afterMs} ms` };
  return {};
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
