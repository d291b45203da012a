// What the controller itself says of a run: that it waits, that it is to end, and that it ended without having been given to an agent.
//
//   E1. An end without an attempt takes the number of the attempt that would have been next. So it stands after the `queued`
//       before it and before the `queued` of a run that is given again, and no two events of a run have one id.
import { type QueuedRun, causeOf } from "../../bus/run-message.ts";
import { type RunReport, aboutOf, runEventId, runTags } from "../../model/run.ts";
import { expandTags } from "../../model/event.ts";
import type { EventToAppend } from "../events/append.ts";
import type { RunStop } from "./believed.ts";

export function queuedEvent(run: QueuedRun): EventToAppend {
  return eventOf({ ...reportOf(run), state: "queued", attempt: run.attemptsBefore }, run.queuedAt);
}

/** A dead letter that never reached an agent. */
export function deadEvent(run: QueuedRun, reason: string, now: Date): EventToAppend {
  const finishedAt = now.toISOString();
  const outcome = { kind: "dead", reason, last: null } as const;
  return eventOf({ ...reportOf(run), state: "dead", attempt: run.attemptsBefore + 1, finishedAt, outcome }, finishedAt);
}

export function stoppedEvent(run: QueuedRun, attempt: number, reason: string, now: Date): EventToAppend {
  const finishedAt = now.toISOString();
  const outcome = { kind: "stopped", reason } as const;
  return eventOf({ ...reportOf(run), state: "stopped", attempt, finishedAt, outcome }, finishedAt);
}

/** A daemon's run whose container ended without a word. */
export function lostEvent(run: RunReport, message: string, now: Date): EventToAppend {
  const { id, workflow, trigger, attempt, cause, hops, about, slot, revision, deployment, instance } = run;
  const facts = { id, workflow, trigger, attempt, cause, hops, about, slot, revision, deployment, instance };
  const finishedAt = now.toISOString();
  const times = { queuedAt: run.queuedAt, startedAt: run.startedAt, finishedAt, again: null };
  const outcome = { kind: "failed", exitCode: null, error: { message } } as const;
  return eventOf({ ...facts, ...times, state: "failed", outcome }, finishedAt);
}

/** Somebody asked for the end of a run; whoever has it, or gets it, ends it. Asked again, it is said again. */
export function stopEvent(stop: RunStop, now: Date): EventToAppend {
  const { run, workflow } = stop;
  const tags = expandTags(["stop", `runs:${run}`, `workflows:${workflow}`]);
  return { source: "/controller", type: "stop", tags, value: stop, timestamp: now.toISOString() };
}

function reportOf(run: QueuedRun): Omit<RunReport, "state" | "attempt"> {
  const { id, workflow, trigger, event, hops, slot, replay, queuedAt } = run;
  const ran = { revision: null, deployment: null, instance: null, startedAt: null, finishedAt: null };
  return {
    id,
    workflow,
    trigger,
    cause: causeOf(run),
    hops,
    about: aboutOf(event),
    slot,
    ...(replay && { replay: replay.id }),
    queuedAt,
    ...ran,
    outcome: null,
    again: null,
  };
}

/** It carries cause and hops, as a workflow may be set off by it: such a loop ends, too. */
function eventOf(report: RunReport, timestamp: string): EventToAppend {
  const { id, cause, hops } = report;
  const event = { id: runEventId(report), source: "/controller", type: "run", tags: runTags(report), value: report };
  return { ...event, timestamp, run: id, hops, ...(cause !== null && { cause }) };
}
