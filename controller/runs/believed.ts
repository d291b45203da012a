// Which events tell the truth about runs and slots, and what of them is kept. The border between the stream and the history.
//
//   B1. Of a run the controller is believed, and an agent about runs of its own workflow. The id of a queued run follows from
//       its workflow and cause, so an agent cannot speak of another workflow's run by naming its own workflow.
//   B2. Of a slot, and of a run that is to be stopped, only the controller is believed.
//   B3. What is kept of a report is bounded, whatever an agent sent: a list of runs is built in memory.
import type { Event } from "../../model/event.ts";
import { isObject } from "../../model/reader.ts";
import {
  type Outcome,
  type RunError,
  type RunReport,
  type RunState,
  type TriggerKind,
  isRunReport,
} from "../../model/run.ts";
import { type SlotReport, isSlotReport } from "../../model/slot.ts";
import { runIdOf } from "./run-id.ts";

/** Ids, names and instants. */
const wordCharsMax = 256;
const reasonCharsMax = 2_048;
const stackCharsMax = 8_192;
const controllerSource = "/controller";
/** As it came: a field that a publisher left out is as one that is null. */
type Sent = Pick<RunReport, "id" | "workflow" | "state" | "trigger" | "attempt" | "hops"> & Partial<RunReport>;

const queuedRunId = /^r-[0-9a-f]{32}$/;

const states: Readonly<Record<RunState, true>> = {
  queued: true,
  started: true,
  completed: true,
  failed: true,
  "timed-out": true,
  stopped: true,
  dead: true,
  skipped: true,
  refused: true,
};
const triggers: Readonly<Record<TriggerKind, true>> = {
  daemon: true,
  time: true,
  event: true,
  webhook: true,
  manual: true,
  replay: true,
};

/** What the event tells of a run, or null when it is about none or not to be believed. */
export function believedRun({ type, source, value }: Event): RunReport | null {
  if (type !== "run" || !isRunReport(value) || !isWellFormed(value)) return null;
  if (source !== controllerSource && !(source === `/workflows/${value.workflow}` && isOwnRun(value))) return null;
  return bounded(value);
}

/** What the event tells of a slot, or null. */
export function believedSlot({ type, source, value }: Event): SlotReport | null {
  if (type !== "slot" || source !== controllerSource || !isSlotReport(value)) return null;
  return isWord(value.workflow) && isWord(value.due) ? value : null;
}

/** The value of an event of type `stop`: somebody asked for the end of a run. */
export type RunStop = { readonly run: string; readonly workflow: string; readonly reason: string };

/** Whose end the event asks for, or null. */
export function believedStop({ type, source, value }: Event): RunStop | null {
  if (type !== "stop" || source !== controllerSource || !isObject(value)) return null;
  const { run, workflow, reason } = value;
  if (!isWord(run) || !isWord(workflow) || typeof reason !== "string") return null;
  return { run, workflow, reason: reason.slice(0, reasonCharsMax) };
}

/** A daemon's run has a random id that looks like no queued run's. */
function isOwnRun({ id, workflow, trigger, cause }: Sent): boolean {
  if (typeof cause === "string") return id === runIdOf(workflow, cause);
  return trigger === "daemon" && !queuedRunId.test(id);
}

function isWellFormed(report: Sent): boolean {
  const { id, workflow, state, trigger, attempt, hops } = report;
  const {
    slot,
    queuedAt,
    startedAt,
    finishedAt,
    again,
    cause,
    about,
    replay,
    deployment,
    instance,
    revision,
    outcome,
  } = report;
  return (
    isWord(id) &&
    isWord(workflow) &&
    Object.hasOwn(states, state) &&
    Object.hasOwn(triggers, trigger) &&
    attempt >= 0 &&
    Number.isSafeInteger(hops) &&
    (revision == null || Number.isSafeInteger(revision)) &&
    [slot, queuedAt, startedAt, finishedAt, again, cause, about, replay, deployment, instance].every(isAbsentOrWord) &&
    (outcome == null ? state === "queued" || state === "started" : isOutcome(outcome, state))
  );
}

function isAbsentOrWord(value: unknown): boolean {
  return value === undefined || value === null || isWord(value);
}

function isWord(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= wordCharsMax;
}

/** `value` comes from the wire, whatever its type says. */
function isOutcome(value: unknown, state: RunState): boolean {
  if (!isObject(value) || value["kind"] !== state) return false;
  switch (state) {
    case "completed":
      return Number.isSafeInteger(value["exitCode"]);
    case "failed":
      return isError(value["error"]);
    case "timed-out":
      return Number.isFinite(value["afterMs"]);
    case "stopped":
    case "skipped":
    case "refused":
      return typeof value["reason"] === "string";
    case "dead":
      return typeof value["reason"] === "string" && isLast(value["last"]);
    case "queued":
    case "started":
      return false;
  }
}

function isLast(last: unknown): boolean {
  return last === null || isOutcome(last, "failed") || isOutcome(last, "timed-out");
}

function isError(error: unknown): boolean {
  const stack = isObject(error) ? error["stack"] : undefined;
  return isObject(error) && typeof error["message"] === "string" && (stack === undefined || typeof stack === "string");
}

/** Only the fields that a report has, and no text longer than it is read. */
function bounded(report: Sent): RunReport {
  const { id, workflow, state, trigger, attempt, hops } = report;
  const { cause = null, about = null, slot = null, revision = null, deployment = null, instance = null } = report;
  const { queuedAt = null, startedAt = null, finishedAt = null, outcome = null, again = null } = report;
  const facts = { id, workflow, state, trigger, attempt, cause, hops, about, slot, revision, deployment, instance };
  const part = typeof report.replay === "string" ? { replay: report.replay } : {};
  return { ...facts, ...part, queuedAt, startedAt, finishedAt, outcome: outcome && boundedOutcome(outcome), again };
}

function boundedOutcome(outcome: Outcome): Outcome {
  switch (outcome.kind) {
    case "completed": {
      const { kind, exitCode, result } = outcome;
      return { kind, exitCode, ...(result !== undefined && { result }) };
    }
    case "failed":
    case "timed-out":
      return boundedFailure(outcome);
    case "dead": {
      const { kind, reason, last } = outcome;
      return { kind, reason: reason.slice(0, reasonCharsMax), last: last && boundedFailure(last) };
    }
    case "stopped":
    case "skipped":
    case "refused":
      return { kind: outcome.kind, reason: outcome.reason.slice(0, reasonCharsMax) };
  }
}

function boundedFailure<F extends Extract<Outcome, { kind: "failed" | "timed-out" }>>(failure: F): F {
  return failure.kind === "failed" ? { ...failure, error: boundedError(failure.error) } : failure;
}

function boundedError({ message, stack }: RunError): RunError {
  const short = message.slice(0, reasonCharsMax);
  return stack === undefined ? { message: short } : { message: short, stack: stack.slice(0, stackCharsMax) };
}
