// Runs and what is said of them, for tests of their history.
import type { QueuedRun } from "../../bus/run-message.ts";
import { runIdOf } from "../../controller/runs/run-id.ts";
import type { Event } from "../../model/event.ts";
import { type Outcome, type RunReport, type RunState, runEventId, runTags } from "../../model/run.ts";

export const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

/** What an agent, or the controller, says at one point of a run that the event `cause` set off. */
export function report(state: RunState, attempt: number, over: Partial<RunReport> = {}): RunReport {
  const workflow = over.workflow ?? "hello";
  const cause = over.cause === undefined ? "e1" : over.cause;
  const started = state !== "queued" && attempt > 0;
  return {
    id: runIdOf(workflow, cause ?? "none"),
    workflow,
    state,
    trigger: "event",
    attempt,
    cause,
    hops: 1,
    about: null,
    slot: null,
    revision: started ? 1 : null,
    deployment: started ? "d1" : null,
    instance: started ? "hello-d1-0" : null,
    queuedAt: at(0),
    startedAt: started ? at(attempt) : null,
    finishedAt: started && state !== "started" ? at(attempt + 1) : null,
    outcome: outcomeOf(state),
    again: null,
    ...over,
  };
}

export function outcomeOf(state: RunState): Outcome | null {
  switch (state) {
    case "queued":
    case "started":
      return null;
    case "completed":
      return { kind: state, exitCode: 0 };
    case "failed":
      return { kind: state, exitCode: 1, error: { message: "it broke" } };
    case "timed-out":
      return { kind: state, afterMs: 1_000 };
    case "dead":
      return { kind: state, reason: "no attempts left", last: null };
    case "stopped":
    case "skipped":
    case "refused":
      return { kind: state, reason: "because" };
  }
}

export function runEvent(said: RunReport, source = `/workflows/${said.workflow}`): Event {
  const timestamp = said.finishedAt ?? said.startedAt ?? at(0);
  return { id: runEventId(said), source, type: "run", tags: runTags(said), value: said, timestamp, run: said.id };
}

export function anEvent(id: string, over: Partial<Event> = {}): Event {
  return { id, source: "/api", type: "order", tags: ["order"], value: { n: 1 }, timestamp: at(0), ...over };
}

export function queuedRun(workflow: string, event: string, over: Partial<QueuedRun> = {}): QueuedRun {
  return {
    id: runIdOf(workflow, event),
    workflow,
    trigger: "event",
    event: anEvent(event),
    hops: 1,
    slot: null,
    queuedAt: at(0),
    createdAt: null,
    attemptsBefore: 0,
    ...over,
  };
}
