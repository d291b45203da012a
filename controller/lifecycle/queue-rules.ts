// The rules of a workflow's runs as numbers. The model has checked that every duration here has a fixed length.
import type { QueueWork } from "../../bus/assignment.ts";
import { durationMs } from "../../model/duration.ts";
import type { Workflow } from "../../model/workflow.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { isSingleUse } from "./desired.ts";

/** Agents that many runs share limit themselves; this is only more than all of them take. */
const sharedUnderWayMax = 10_000;

export type QueueRules = Pick<QueueWork, "concurrency" | "timeoutMs" | "retry" | "singleUse">;

export function queueRules(entry: LiveWorkflow): QueueRules {
  const { concurrency, retry } = entry.artifact;
  const singleUse = isSingleUse(entry);
  return {
    concurrency: singleUse ? 1 : concurrency,
    timeoutMs: runMsMax(entry),
    retry: { times: retry.times, delayMs: lengthMs(retry.delay), factor: retry.factor },
    singleUse,
  };
}

/** How many runs may be under way at once, whichever deployment's agents have them. */
export function underWayMax(entry: LiveWorkflow): number {
  const { schedule, scale } = entry.artifact;
  if (isSingleUse(entry)) return scale.instances;
  const inTurn = typeof schedule === "object" && "time" in schedule && schedule.time.overlap === "queue";
  return inTurn ? 1 : sharedUnderWayMax;
}

/** The most that one attempt of a run takes. */
export function runMsMax({ artifact }: LiveWorkflow): number {
  return lengthMs(artifact.timeout);
}

/** 0 for `never`, Infinity for `always`. */
export function keepWarmMs({ keep_warm }: Pick<Workflow, "keep_warm">): number {
  if (keep_warm === "never") return 0;
  return keep_warm === "always" ? Infinity : lengthMs(keep_warm);
}

function lengthMs(written: string): number {
  const ms = durationMs(written);
  if (ms === null) throw new Error(`the duration ${written} was stored although it has no fixed length`);
  return ms;
}
