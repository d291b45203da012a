// What the controller itself says of a run: that it waits, and that it ended without having been given to an agent.
//
//   E1. An end without an attempt takes the number of the attempt that would have been next. So it stands after the `queued`
//       before it and before the `queued` of a run that is given again, and no two events of a run have one id.
import type { QueuedRun } from "../../bus/run-message.ts";
import { type RunReport, runEventId, runTags } from "../../model/run.ts";
import type { EventToAppend } from "../events/append.ts";

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

function reportOf({
  id,
  workflow,
  trigger,
  event,
  hops,
  slot,
  queuedAt,
}: QueuedRun): Omit<RunReport, "state" | "attempt"> {
  const ran = { revision: null, deployment: null, instance: null, startedAt: null, finishedAt: null };
  return { id, workflow, trigger, cause: event.id, hops, slot, queuedAt, ...ran, outcome: null, again: null };
}

/** It carries cause and hops, as a workflow may be set off by it: such a loop ends, too. */
function eventOf(report: RunReport, timestamp: string): EventToAppend {
  const { id, cause, hops } = report;
  const event = { id: runEventId(report), source: "/controller", type: "run", tags: runTags(report), value: report };
  return { ...event, timestamp, run: id, hops, ...(cause !== null && { cause }) };
}
