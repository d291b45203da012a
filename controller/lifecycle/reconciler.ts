// Makes what runs what should run. Observes everything by label, decides per workflow, acts; then looks again.
//
//   L1. One step per workflow is under way at a time; workflows do not wait for each other.
//   L2. Nothing is remembered that a restart would lose and need: desired state is in the bucket, real state in the runtime.
//   L3. A step that fails is not retried in place. The next pass sees what is there and decides anew.
import type { Logger } from "pino";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { type Instance, type InstanceSpec, type Inventory, type Runtime, StartError } from "../runtime/runtime.ts";
import { desiredOf } from "./desired.ts";
import type { Failures } from "./failures.ts";
import type { LifecycleEvents } from "./lifecycle-events.ts";
import { type Step, nextStep } from "./next-step.ts";

/** A full pass happens at least this often, whatever was missed. */
const passEveryMs = 5_000;
const engineAwayWaitMs = 1_000;
/** After user code has ended, its agent still stores what is left of events and output. */
const agentFlushMs = 5_000;

export type Reconciler = {
  /** Ends when the signal fires; steps under way are finished first. */
  run(signal: AbortSignal): Promise<void>;
  /** Something changed: look soon. */
  wake(): void;
  /** What the last pass saw. */
  readonly inventory: Inventory;
  /** Why the runtime could not be asked at the last pass, or null. */
  readonly runtimeError: string | null;
};

export type ReconcilerParts = {
  readonly runtime: Runtime;
  readonly workflows: { list(): LiveWorkflow[]; get(name: string): LiveWorkflow | null };
  readonly failures: Failures;
  readonly events: LifecycleEvents;
  readonly specOf: (entry: LiveWorkflow, instance: string) => Promise<InstanceSpec>;
  /** Hears what every pass saw. */
  readonly onPass: (inventory: Inventory) => void;
  readonly onGone: (instance: string) => void;
  readonly stopGraceMs: number;
  readonly nowMs: () => number;
  readonly log: Logger;
};

export function createReconciler(parts: ReconcilerParts): Reconciler {
  const { runtime, workflows, failures, events, log, nowMs } = parts;
  const underWay = new Map<string, Promise<void>>();
  let inventory: Inventory = { instances: [], holders: [] };
  let runtimeError: string | null = null;
  let wakeUp: () => void = () => {};
  let pending = false;

  return {
    wake,
    get inventory() {
      return inventory;
    },
    get runtimeError() {
      return runtimeError;
    },
    async run(signal) {
      signal.addEventListener("abort", wake);
      void followRuntime(signal);
      while (!signal.aborted) {
        const waitMs = await pass();
        await sleepUntilWoken(waitMs);
      }
      signal.removeEventListener("abort", wake);
      await Promise.allSettled(underWay.values());
    },
  };

  function wake(): void {
    pending = true;
    wakeUp();
  }

  /** One look at everything; returns how long nothing needs to happen. */
  async function pass(): Promise<number> {
    try {
      inventory = await runtime.list();
      runtimeError = null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (runtimeError === null) log.error({ reason }, "the runtime does not answer; trying again");
      runtimeError = reason;
      return engineAwayWaitMs;
    }
    parts.onPass(inventory);
    let waitMs = passEveryMs;
    for (const name of namesOf(inventory, workflows.list())) {
      if (underWay.has(name)) continue;
      const entry = workflows.get(name);
      const step = decide(name, entry);
      if (step.kind === "nothing") continue;
      if (step.kind === "wait") waitMs = Math.min(waitMs, Math.max(0, step.untilMs - nowMs()));
      else begin(name, step, entry);
    }
    return waitMs;
  }

  function decide(name: string, entry: LiveWorkflow | null): Step {
    const instances = inventory.instances.filter((one) => one.workflow === name);
    const notBeforeMs = entry ? failures.of(name, entry.deployment.id).notBeforeMs : 0;
    return nextStep(
      desiredOf(entry),
      { instances, holder: inventory.holders.includes(name) },
      { ms: nowMs(), notBeforeMs },
    );
  }

  function begin(name: string, step: Step, entry: LiveWorkflow | null): void {
    const task = act(name, step, entry)
      .catch((error: unknown) =>
        log.error({ workflow: name, step: step.kind, error: String(error) }, "a lifecycle step failed; looking again"),
      )
      .finally(() => {
        underWay.delete(name);
        wake();
      });
    underWay.set(name, task);
  }

  async function act(name: string, step: Step, entry: LiveWorkflow | null): Promise<void> {
    switch (step.kind) {
      case "start":
        if (entry) await Promise.all(step.instances.map((instance) => start(entry, instance)));
        return;
      case "stop":
        await Promise.all(step.instances.map((instance) => stop(name, instance)));
        return;
      case "collect":
        await Promise.all(step.instances.map((instance) => collect(instance, entry)));
        return;
      case "release":
        failures.forget(name);
        await runtime.release(name);
        await events.unscheduled(name);
        return;
      case "nothing":
      case "wait":
    }
  }

  async function start(entry: LiveWorkflow, instance: string): Promise<void> {
    try {
      await runtime.start(await parts.specOf(entry, instance));
      await events.started(entry, instance);
    } catch (error) {
      // An engine that is away is nobody's failure: the next pass finds it again.
      if (!(error instanceof StartError) || error.code === "engine-unavailable") throw error;
      const failure = { reason: error.message, livedMs: 0, nowMs: nowMs() };
      failures.add(entry.artifact.name, entry.deployment.id, failure);
      log.warn({ workflow: entry.artifact.name, instance, reason: error.message }, "an instance could not start");
      await events.startFailed(entry, instance, error.message);
    }
  }

  async function stop(workflow: string, instance: string): Promise<void> {
    const found = inventory.instances.find((one) => one.instance === instance);
    await runtime.stop(instance, parts.stopGraceMs + agentFlushMs);
    if (found) await events.stopped(workflow, found);
    await runtime.remove(instance);
    parts.onGone(instance);
  }

  /** The end is recorded before its traces go, so a controller that dies in between records it again under the same id. */
  async function collect(instance: Instance, entry: LiveWorkflow | null): Promise<void> {
    if (instance.state.kind === "exited") {
      const lines = await runtime.lastLines(instance.instance, 5).catch(() => []);
      const reason = [instance.state.reason, ...lines.filter(isNews)].join("\n");
      if (entry?.deployment.id === instance.deployment && entry.status === "running") {
        const livedMs = Date.parse(instance.state.finishedAt) - Date.parse(instance.state.startedAt);
        failures.add(instance.workflow, instance.deployment, { reason, livedMs, nowMs: nowMs() });
      }
      await events.exited(instance, reason);
    }
    await runtime.remove(instance.instance);
    parts.onGone(instance.instance);
  }

  async function followRuntime(signal: AbortSignal): Promise<void> {
    for await (const _ of runtime.events(signal)) wake();
  }

  function sleepUntilWoken(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, waitMs);
      wakeUp = done;
      if (pending) done();
      function done(): void {
        clearTimeout(timer);
        pending = false;
        wakeUp = () => {};
        resolve();
      }
    });
  }
}

/** What an agent logs in good health is no reason for an end. */
function isNews(line: string): boolean {
  return !/"level":"(?:info|warn)"/.test(line);
}

function namesOf(inventory: Inventory, wanted: readonly LiveWorkflow[]): Set<string> {
  return new Set([
    ...wanted.map((entry) => entry.artifact.name),
    ...inventory.instances.map((one) => one.workflow),
    ...inventory.holders,
  ]);
}
