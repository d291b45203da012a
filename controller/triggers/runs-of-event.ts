// What one event sets off. Pure, but for the look at the workflows as they are now.
//
//   E1. A slot, a webhook, a run by hand, a dead letter that is given again and a replay are events that only the controller can
//       store, and set off exactly one workflow. An event that only looks like one of them (another source) does not.
//   E2. Any event sets off the event workflows whose filters it matches, if it was stored after the schedule began to hold.
//   E3. What is set off and may not run is told by a run event: skipped (suspended), refused (I10), stopped (the workflow that it
//       was meant for is deleted, though another one may have its name).
//   E4. Loops end: a run's own events do not set off its own workflow, an event over the limit of hops sets off nothing, and a
//       skipped run is not skipped once more because of the event that says so.
//   E5. Loops do not multiply on the way: a run has several events, so workflows that ask for the events of each other's runs would
//       double with every hop. An event about a run that was itself set off by an event about a run sets off nothing.
//   E6. A run of a replay is given the event that is replayed, whose hops it counts on, and E4 and E5 hold for that event: what it
//       may not set off is refused.
import { type QueuedRun, causeOf } from "../../bus/run-message.ts";
import type { Event } from "../../model/event.ts";
import { isObject } from "../../model/reader.ts";
import { replayIn } from "../../model/replay.ts";
import { type Outcome, type RunReport, aboutOf, hopsMax } from "../../model/run.ts";
import { isSlotReport } from "../../model/slot.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { runIdOf } from "../runs/run-id.ts";
import { hopsOf, rumourRule, runToldBy, tooManyHops } from "./loop-rules.ts";

export type SetOff =
  | { readonly kind: "queue"; readonly run: QueuedRun }
  | { readonly kind: "record"; readonly report: RunReport };

export type Stored = { readonly event: Event; readonly sequence: number };

export type Lookup = {
  readonly workflow: (name: string) => LiveWorkflow | null;
  /** Names of the workflows whose filters the event matches. */
  readonly matching: (event: Event) => readonly string[];
  readonly now: () => Date;
};

export function runsOf({ event, sequence }: Stored, { workflow, matching, now }: Lookup): SetOff[] {
  if (hopsOf(event) > hopsMax) return [];
  const at = now().toISOString();
  const reserved = reservedRun(event, at);
  const found = reserved === null ? [] : [judge(reserved, sequence, workflow(reserved.workflow), at)];
  const told = runToldBy(event);
  for (const name of matching(event)) {
    const entry = workflow(name);
    if (name === reserved?.workflow || entry === null || sequence <= (entry.scheduled?.afterSequence ?? 0)) continue;
    if (rumourRule(event, name) !== null || (entry.status === "suspended" && told?.state === "skipped")) continue;
    found.push(judge(newRun(name, "event", event, at), sequence, entry, at));
  }
  return found;
}

/** The workflow that an event of E1 sets off, and how; null for any other event. */
export function addressedTo(event: Event): Pick<QueuedRun, "workflow" | "trigger"> | null {
  return reservedRun(event, "");
}

/** The run of E1, or null for any other event. */
function reservedRun(event: Event, at: string): QueuedRun | null {
  const { type, source, value } = event;
  if (type === "webhook") return addressedRun("webhook", "/hooks/", event, at);
  if (type === "manual") return addressedRun("manual", "/manual/", event, at);
  if (type === "replay") return replayedRun(event, at);
  if (source !== "/controller") return null;
  if (type === "slot" && isSlotReport(value) && value.outcome === "ran")
    return { ...newRun(value.workflow, "time", event, at), slot: value.due };
  if (type === "requeue" && isObject(value) && isQueuedRun(value["run"])) return { ...value["run"], queuedAt: at };
  return null;
}

function addressedRun(trigger: "webhook" | "manual", path: string, event: Event, at: string): QueuedRun | null {
  return event.source.startsWith(path) ? newRun(event.source.slice(path.length), trigger, event, at) : null;
}

function replayedRun(event: Event, at: string): QueuedRun | null {
  const said = replayIn(event);
  if (said === null) return null;
  const replay = { id: said.replay, event: event.id };
  return { ...newRun(said.workflow, "replay", event, at), event: said.event, hops: hopsOf(said.event) + 1, replay };
}

function newRun(workflow: string, trigger: QueuedRun["trigger"], event: Event, at: string): QueuedRun {
  return {
    id: runIdOf(workflow, event.id),
    workflow,
    trigger,
    event,
    hops: hopsOf(event) + 1,
    slot: null,
    queuedAt: at,
    createdAt: null,
    attemptsBefore: 0,
  };
}

/** The run is one of the workflow that has the name now, whatever was known of it before. */
function judge(run: QueuedRun, sequence: number, entry: LiveWorkflow | null, at: string): SetOff {
  const outcome = obstacle(run, sequence, entry);
  if (outcome !== null) return { kind: "record", report: reportOf(run, entry, outcome, at) };
  return { kind: "queue", run: { ...run, createdAt: entry?.created?.at ?? null } };
}

function obstacle(run: QueuedRun, sequence: number, entry: LiveWorkflow | null): Outcome | null {
  if (entry === null || sequence <= (entry.created?.afterSequence ?? 0))
    return { kind: "stopped", reason: "the workflow was deleted" };
  const rule = run.hops > hopsMax ? tooManyHops(run.hops) : run.replay && rumourRule(run.event, run.workflow);
  if (rule) return { kind: "refused", reason: rule };
  return entry.status === "suspended" ? { kind: "skipped", reason: "the workflow is suspended" } : null;
}

function reportOf(run: QueuedRun, entry: LiveWorkflow | null, outcome: Outcome, at: string): RunReport {
  return {
    id: run.id,
    workflow: run.workflow,
    state: outcome.kind,
    trigger: run.trigger,
    // The one that it would have been: it stands behind all that was told of the run before (runs/run-events.ts).
    attempt: run.attemptsBefore + 1,
    cause: causeOf(run),
    hops: run.hops,
    about: aboutOf(run.event),
    slot: run.slot,
    ...(run.replay && { replay: run.replay.id }),
    revision: entry?.revision ?? null,
    deployment: null,
    instance: null,
    queuedAt: at,
    startedAt: null,
    finishedAt: at,
    outcome,
    again: null,
  };
}

function isQueuedRun(value: unknown): value is QueuedRun {
  return (
    isObject(value) &&
    typeof value["id"] === "string" &&
    typeof value["workflow"] === "string" &&
    isObject(value["event"])
  );
}
