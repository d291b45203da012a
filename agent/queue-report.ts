// The reports of a queued run's attempt, each with everything known so far, and the events that carry them.
import type { Assignment } from "../bus/assignment.ts";
import { type QueuedRun, causeOf } from "../bus/run-message.ts";
import { eventSubject } from "../bus/subjects.ts";
import { toCloudEvent } from "../model/cloud-event.ts";
import { type FailedOutcome, type Outcome, type RunReport, aboutOf, runEventId, runTags } from "../model/run.ts";
import type { Ending } from "./attempt.ts";
import type { Message } from "./delivery.ts";

/** A run of which no attempt is under way here: `attempt` is the last one that was made. */
export function waitingReport(assignment: Assignment, run: QueuedRun, attempt: number): RunReport {
  const { workflow, revision, deployment, instance } = assignment;
  const { id, trigger, event, hops, slot, replay, queuedAt } = run;
  return {
    id,
    workflow,
    state: "queued",
    trigger,
    attempt,
    cause: causeOf(run),
    hops,
    about: aboutOf(event),
    slot,
    ...(replay && { replay: replay.id }),
    revision,
    deployment,
    instance,
    queuedAt,
    startedAt: null,
    finishedAt: null,
    outcome: null,
    again: null,
  };
}

export function startedReport(waiting: RunReport, atMs: number): RunReport {
  return { ...waiting, state: "started", startedAt: instant(atMs) };
}

/** How an attempt ended, and with it perhaps the run. */
export function endedReport(started: RunReport, outcome: Outcome, ending: Ending, atMs: number): RunReport {
  if (ending.kind === "dead") return deadReport(started, ending.reason, ending.last, atMs);
  const again = ending.kind === "again" ? instant(atMs + ending.delayMs) : null;
  return { ...started, state: outcome.kind, finishedAt: instant(atMs), outcome, again };
}

/** Stopped while it waited: it takes the number of the attempt that would have been next, so it stands behind `queued`. */
export function stoppedReport(waiting: RunReport, reason: string, atMs: number): RunReport {
  const attempt = waiting.attempt + 1;
  const nowhere = { revision: null, deployment: null, instance: null };
  const outcome = { kind: "stopped", reason } as const;
  return { ...waiting, ...nowhere, state: "stopped", attempt, finishedAt: instant(atMs), outcome };
}

export function deadReport(report: RunReport, reason: string, last: FailedOutcome | null, atMs: number): RunReport {
  return { ...report, state: "dead", finishedAt: instant(atMs), outcome: { kind: "dead", reason, last } };
}

/** The event of a report, as it is stored. */
export function runMessage(report: RunReport): Message {
  const { id: run, workflow, cause, hops, finishedAt, startedAt } = report;
  const id = runEventId(report);
  const payload = toCloudEvent(
    {
      id,
      source: `/workflows/${workflow}`,
      type: "run",
      tags: runTags(report),
      value: report,
      timestamp: finishedAt ?? startedAt ?? new Date().toISOString(),
      run,
      ...(cause === null ? {} : { cause }),
      hops,
    },
    workflow,
  );
  return { subject: eventSubject(workflow, "run"), payload, id };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
