// The lifecycle as one part: keeps real in step with desired, and says of every workflow how it is.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Logger } from "pino";
import type { Publisher } from "../../bus/publisher.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { createFailures } from "./failures.ts";
import { createImageOutput } from "./image-output.ts";
import { type AgentAccess, instanceSpec } from "./instance-spec.ts";
import type { LifecycleEvents } from "./lifecycle-events.ts";
import { createReadiness } from "./readiness.ts";
import { createReconciler } from "./reconciler.ts";
import { followReports } from "./reports.ts";
import { type WorkflowState, stateOf } from "./view.ts";

export type Lifecycle = {
  stateOf(entry: LiveWorkflow): WorkflowState;
  wake(): void;
  readonly runtimeError: string | null;
  readonly runningInstances: number;
  stop(): Promise<void>;
};

export function startLifecycle(parts: {
  nc: NatsConnection;
  publisher: Publisher;
  runtime: Runtime;
  workflows: { list(): LiveWorkflow[]; get(name: string): LiveWorkflow | null };
  events: LifecycleEvents;
  agentAccess: (workflow: string) => Promise<AgentAccess>;
  stopGraceMs: number;
  nowMs: () => number;
  log: Logger;
}): Lifecycle {
  const { runtime, workflows, nowMs, log } = parts;
  const abort = new AbortController();
  const failures = createFailures();
  const reports = followReports(parts.nc, () => reconciler.wake(), nowMs);
  const readiness = createReadiness({ ...parts, reports });
  const imageOutput = createImageOutput(parts);
  const reconciler = createReconciler({
    runtime,
    workflows,
    failures,
    events: parts.events,
    specOf: async (entry, instance) =>
      instanceSpec(entry, instance, await parts.agentAccess(entry.artifact.name), parts.stopGraceMs),
    onPass(inventory) {
      readiness.check(inventory);
      imageOutput.check(inventory);
    },
    onGone: (instance) => reports.forget(instance),
    stopGraceMs: parts.stopGraceMs,
    nowMs,
    log,
  });
  const running = reconciler.run(abort.signal);

  return {
    stateOf: (entry) =>
      stateOf(entry, {
        instances: reconciler.inventory.instances.filter((one) => one.workflow === entry.artifact.name),
        reportOf: (instance) => reports.of(instance),
        failure: failures.of(entry.artifact.name, entry.deployment.id),
        runtimeError: reconciler.runtimeError,
        nowMs: nowMs(),
      }),
    wake: () => reconciler.wake(),
    get runtimeError() {
      return reconciler.runtimeError;
    },
    get runningInstances() {
      return reconciler.inventory.instances.filter((one) => one.state.kind === "running").length;
    },
    async stop() {
      abort.abort();
      await running;
      imageOutput.stop();
      reports.stop();
    },
  };
}
