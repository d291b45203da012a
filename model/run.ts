// A run: one execution of a workflow's code, from the moment it is queued to how it ended.
//
//   R1. Every change of a run is an event of type `run` whose value is a RunReport; the history is a projection of these.
//   R2. A report says everything known so far, so the later one of two replaces the earlier.
//   R3. A run that is given again keeps its id; its attempt counts up.
import type { Event } from "./event.ts";
import { isObject } from "./reader.ts";

/** What set a run off. A daemon's executions are runs too, without a queue. */
export type TriggerKind = "daemon" | "time" | "event" | "webhook" | "manual" | "replay";

/**
 * `queued` waits; `started` runs; `completed`, `failed`, `timed-out` and `stopped` say how an attempt ended; `dead` is a run that
 * is not given again although it did not complete; `skipped` and `refused` never started.
 */
export type RunState = "queued" | "started" | Outcome["kind"];

/** `lost`: it started, and its end will not be heard of any more: its container or host died. */
export type AttemptState = RunState | "lost";

/** What was thrown, or written last to stderr. */
export type RunError = { readonly message: string; readonly stack?: string };

/** How an attempt, and with the last one the run, ended. */
export type Outcome =
  /** `result`: what a handler returned, or a script gave to `api.result`; any JSON. */
  | { readonly kind: "completed"; readonly exitCode: number; readonly result?: unknown }
  | { readonly kind: "failed"; readonly exitCode: number | null; readonly signal?: string; readonly error: RunError }
  | { readonly kind: "timed-out"; readonly afterMs: number }
  | { readonly kind: "stopped"; readonly reason: string }
  /** A dead letter. `last`: how its last attempt ended; null when that ended without a word (its container died, or none began). */
  | { readonly kind: "dead"; readonly reason: string; readonly last: FailedOutcome | null }
  /** Not to be run: the workflow was suspended. */
  | { readonly kind: "skipped"; readonly reason: string }
  /** Not allowed to run: its chain of causes is too long. */
  | { readonly kind: "refused"; readonly reason: string };

export type FailedOutcome = Extract<Outcome, { kind: "failed" | "timed-out" }>;

/** The value of an event of type `run`. Times are ISO 8601 instants in UTC, null while unknown. */
export type RunReport = {
  readonly id: string;
  readonly workflow: string;
  readonly state: RunState;
  readonly trigger: TriggerKind;
  /** Of `queued`, the attempts that are behind it. An end without an attempt takes the number of the one that would have been next. */
  readonly attempt: number;
  /** The event that set it off (a slot is one, too); null for a daemon's. */
  readonly cause: string | null;
  /** How many runs lie between this one and the event that began the chain, this one included. */
  readonly hops: number;
  /** The run that the event was about that set it off; null for any other event. */
  readonly about: string | null;
  /** The due time, for a run of a time schedule. */
  readonly slot: string | null;
  /** The id of the replay that it is part of; absent for any other run. */
  readonly replay?: string;
  /** Workflow revision, deployment and instance of the attempt. */
  readonly revision: number | null;
  readonly deployment: string | null;
  readonly instance: string | null;
  readonly queuedAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly outcome: Outcome | null;
  /** When it is given again after this attempt; null: it is not. */
  readonly again: string | null;
};

/** Chains of more runs than this are refused (I10). */
export const hopsMax = 32;

/** The run that an event tells of, if whoever says so may: the controller, and an agent about runs of its own workflow. */
export function aboutOf({ type, source, value }: Pick<Event, "type" | "source" | "value">): string | null {
  if (type !== "run" || !isRunReport(value)) return null;
  return source === "/controller" || source === `/workflows/${value.workflow}` ? value.id : null;
}

/** Whether nothing more will happen to the run. */
export function isOver(report: Pick<RunReport, "state" | "again">): boolean {
  return report.state !== "queued" && report.state !== "started" && report.again === null;
}

/** The tags of a run's event, expanded. A dead letter is also found by how its last attempt ended. */
export function runTags({ id, workflow, state, outcome }: RunReport): string[] {
  const last = outcome?.kind === "dead" && outcome.last !== null ? [`run:${outcome.last.kind}`] : [];
  return [`runs:${id}`, "runs", `workflows:${workflow}`, "workflows", `run:${state}`, ...last, "run"];
}

/** The id of a run's event: the same change, told twice, is one event. `again` and attempt 0 tell requeued runs apart. */
export function runEventId({ id, attempt, state }: Pick<RunReport, "id" | "attempt" | "state">): string {
  return `${id}.${attempt}.${state}`;
}

/** Whether a value can be a RunReport: enough of its shape to be kept. */
export function isRunReport(value: unknown): value is RunReport {
  return (
    isObject(value) &&
    typeof value["id"] === "string" &&
    typeof value["workflow"] === "string" &&
    typeof value["state"] === "string" &&
    Number.isSafeInteger(value["attempt"])
  );
}
