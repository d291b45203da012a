// What a step does: starts, stops and collects instances, and removes what a workflow leaves behind.
//
//   E1. Every deed may be repeated from wherever it broke off.
//   E2. A queue is ready before its first agent is; it is taken down before the network that shows that there was one.
import type { Logger } from "pino";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { RunQueue } from "../runs/queue.ts";
import { type Instance, type InstanceSpec, type Runtime, StartError } from "../runtime/runtime.ts";
import { isSingleUse } from "./desired.ts";
import type { Drains } from "./drains.ts";
import type { Failures } from "./failures.ts";
import { handoverOf } from "./instance-name.ts";
import type { LifecycleEvents } from "./lifecycle-events.ts";
import { runMsMax, underWayMax } from "./queue-rules.ts";
import { silentMaxMs } from "./reports.ts";

/** After user code has ended, its agent still stores what is left of events and output. */
const agentFlushMs = 5_000;
/** The requests of agents that have ended keep a consumer for a while. */
const releaseAgainMs = 5_000;

export type Deeds = {
  start(entry: LiveWorkflow, instance: string): Promise<void>;
  stop(instance: Instance): Promise<void>;
  /** Ends one that does not answer. */
  kill(instance: Instance, entry: LiveWorkflow | null): Promise<void>;
  collect(instance: Instance, entry: LiveWorkflow | null): Promise<void>;
  /** `entry` null: the workflow is deleted, and its runs with it. */
  release(workflow: string, entry: LiveWorkflow | null): Promise<void>;
  /** Makes the workflow's consumer, which is gone, again. */
  restoreQueue(entry: LiveWorkflow): Promise<void>;
  /** Whether a consumer was made for the workflow that may be removed now. */
  isPrepared(workflow: string): boolean;
};

export type DeedParts = {
  readonly runtime: Runtime;
  readonly queue: Pick<RunQueue, "prepare" | "restore" | "release" | "clear" | "depth">;
  readonly drains: Drains;
  readonly failures: Failures;
  readonly events: LifecycleEvents;
  readonly leading: () => boolean | null;
  readonly specOf: (entry: LiveWorkflow, instance: string) => Promise<InstanceSpec>;
  readonly onGone: (instance: string) => void;
  readonly stopGraceMs: number;
  readonly nowMs: () => number;
  readonly log: Logger;
};

export function createDeeds(parts: DeedParts): Deeds {
  const { runtime, queue, drains, failures, events, leading, nowMs, log } = parts;
  /** Workflows with a consumer, and from when on it may be removed. */
  const prepared = new Map<string, number>();
  return {
    start,
    stop,
    kill,
    collect,
    release,
    restoreQueue,
    isPrepared: (workflow) => (prepared.get(workflow) ?? Infinity) <= nowMs(),
  };

  async function start(entry: LiveWorkflow, instance: string): Promise<void> {
    const { name } = entry.artifact;
    try {
      const ready = handoverOf(instance) === "drain" ? prepare(entry, instance) : null;
      const [spec] = await Promise.all([parts.specOf(entry, instance), ready]);
      await runtime.start(spec);
      await events.started(entry, instance);
    } catch (error) {
      drains.forget(instance);
      // An engine that is away is nobody's failure: the next pass finds it again.
      if (!(error instanceof StartError) || error.code === "engine-unavailable") throw error;
      failures.add(name, entry.deployment.id, { reason: error.message, livedMs: 0, nowMs: nowMs() });
      log.warn({ workflow: name, instance, reason: error.message }, "an instance could not start");
      await events.startFailed(entry, instance, error.message);
    }
  }

  async function prepare(entry: LiveWorkflow, instance: string): Promise<void> {
    const { name } = entry.artifact;
    drains.expect(instance, runMsMax(entry));
    prepared.set(name, nowMs());
    await queue.prepare(name, { underWayMax: underWayMax(entry) });
  }

  async function restoreQueue(entry: LiveWorkflow): Promise<void> {
    const { name } = entry.artifact;
    log.warn({ workflow: name }, "the consumer of a queue is gone; making it again");
    prepared.set(name, nowMs());
    await queue.restore(name, { underWayMax: underWayMax(entry) });
  }

  async function stop(instance: Instance): Promise<void> {
    await runtime.stop(instance.instance, parts.stopGraceMs + agentFlushMs);
    await events.stopped(instance);
    await remove(instance);
  }

  /** What hangs hears no SIGTERM; it is not waited for. */
  async function kill(instance: Instance, entry: LiveWorkflow | null): Promise<void> {
    const reason = `killed: its agent did not report for ${silentMaxMs / 1_000} s`;
    await runtime.stop(instance.instance, 0);
    if (instance.state.kind === "running")
      countFailure(instance, entry, { reason, livedMs: nowMs() - Date.parse(instance.state.startedAt) });
    await events.exited(instance, reason);
    await remove(instance);
  }

  /** The end is recorded before its traces go, so a controller that dies in between records it again under the same id. */
  async function collect(instance: Instance, entry: LiveWorkflow | null): Promise<void> {
    if (instance.state.kind === "exited") {
      const { state } = instance;
      const present = presentOf(instance, entry);
      if (isWelcomeEnd(instance, present)) {
        if (present) failures.forget(instance.workflow);
        await events.stopped(instance);
      } else {
        const lines = await runtime.lastLines(instance.instance, 5).catch(() => []);
        const reason = [state.reason, ...lines.filter(isNews)].join("\n");
        const livedMs = Date.parse(state.finishedAt) - Date.parse(state.startedAt);
        countFailure(instance, entry, { reason, livedMs });
        await events.exited(instance, reason);
      }
    }
    await remove(instance);
  }

  /** Null unless the instance is of the deployment that is to run. */
  function presentOf({ deployment }: Instance, entry: LiveWorkflow | null): LiveWorkflow | null {
    return entry?.deployment.id === deployment && entry.status === "running" ? entry : null;
  }

  function countFailure(
    instance: Instance,
    entry: LiveWorkflow | null,
    end: { reason: string; livedMs: number },
  ): void {
    if (presentOf(instance, entry) && leading() === true)
      failures.add(instance.workflow, instance.deployment, { ...end, nowMs: nowMs() });
  }

  /** An agent that drained, or took the one run that it was for. `entry` null: its deployment is not the present one. */
  function isWelcomeEnd({ instance, state }: Instance, entry: LiveWorkflow | null): boolean {
    if (handoverOf(instance) !== "drain" || state.kind !== "exited" || state.exitCode !== 0 || state.outOfMemory)
      return false;
    return entry === null || isSingleUse(entry) || drains.of(instance) !== null;
  }

  async function remove({ instance }: Instance): Promise<void> {
    await runtime.remove(instance);
    drains.forget(instance);
    parts.onGone(instance);
  }

  async function release(workflow: string, entry: LiveWorkflow | null): Promise<void> {
    const leads = leading();
    if (leads === null) throw new Error("it is not known who leads");
    if (leads) {
      if (entry === null) await queue.clear(workflow, "the workflow was deleted");
      if (queue.depth(workflow) > 0 || (await queue.release(workflow))) prepared.delete(workflow);
      else prepared.set(workflow, nowMs() + releaseAgainMs);
    } else {
      prepared.delete(workflow);
    }
    await runtime.release(workflow);
    if (entry?.status === "running") return;
    failures.forget(workflow);
    if (leading() === true) await events.unscheduled(workflow);
  }
}

/** What an agent logs in good health is no reason for an end. */
function isNews(line: string): boolean {
  return !/"level":"(?:info|warn)"/.test(line);
}
