// The lifecycle as one part: keeps real in step with desired, and says of every workflow how it is.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Logger } from "pino";
import type { InstanceReport } from "../../bus/assignment.ts";
import type { Publisher } from "../../bus/publisher.ts";
import { controlSubject } from "../../bus/subjects.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { AppendEvent } from "../events/append.ts";
import type { RunHistory } from "../runs/history.ts";
import type { RunQueue } from "../runs/queue.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type Cancelled, createCancellations } from "./cancellations.ts";
import { createDaemonRuns } from "./daemon-runs.ts";
import { createDecisions } from "./decision.ts";
import { createDeeds } from "./deeds.ts";
import { isSingleUse } from "./desired.ts";
import { type TellAgents, createDrains } from "./drains.ts";
import { createFailures } from "./failures.ts";
import { createImageOutput } from "./image-output.ts";
import { type AgentAccess, instanceSpec } from "./instance-spec.ts";
import { type AgentCounts, createAgentCounts } from "./agent-counts.ts";
import type { LifecycleEvents } from "./lifecycle-events.ts";
import { createReadiness } from "./readiness.ts";
import { createReconciler } from "./reconciler.ts";
import { followReports } from "./reports.ts";
import { type WorkflowState, stateOf } from "./view.ts";

export type Lifecycle = {
  stateOf(entry: LiveWorkflow): WorkflowState;
  /** What is wanted of one workflow has changed; or, when none is named, of any, or who leads: look soon. */
  wake(workflow?: string): void;
  /** Ends a run before its time, or takes it out of the queue. */
  cancel(workflow: string, run: string, reason: string): Promise<Cancelled>;
  readonly runtimeError: string | null;
  readonly runningInstances: number;
  /** By workflow, since this controller started. */
  readonly agentCounts: ReadonlyMap<string, AgentCounts>;
  stop(): Promise<void>;
};

/**
 * `leading`: null while it is not known; nothing is done then. `nextDueMs`: the next slot of a time schedule, as milliseconds since
 * 1970; null when there is none.
 */
export function startLifecycle(parts: {
  nc: NatsConnection;
  publisher: Publisher;
  runtime: Runtime;
  workflows: { list(): LiveWorkflow[]; get(name: string): LiveWorkflow | null };
  queue: RunQueue;
  history: RunHistory;
  append: AppendEvent;
  events: LifecycleEvents;
  agentAccess: (workflow: string) => Promise<AgentAccess>;
  leading: () => boolean | null;
  nextDueMs: (workflow: string) => number | null;
  stopGraceMs: number;
  allowsPrivileged: boolean;
  nowMs: () => number;
  log: Logger;
}): Lifecycle {
  const { nc, workflows, leading, nowMs } = parts;
  const abort = new AbortController();
  const counts = createAgentCounts();
  const failures = createFailures((workflow) => counts.ended(workflow));
  const tellAgents: TellAgents = (workflow, control) => nc.publish(controlSubject(workflow), JSON.stringify(control));
  const reports = followReports(nc, onReport, nowMs, (report, before) => counts.reported(report, before));
  const drains = createDrains({ ...parts, tellAgents, reports });
  const cancellations = createCancellations({ ...parts, tellAgents });
  const readiness = createReadiness({ ...parts, reports });
  const imageOutput = createImageOutput(parts);
  const daemonRuns = createDaemonRuns(parts);
  const decisions = createDecisions({ ...parts, drains, reports, failures });
  const deeds = createDeeds({
    ...parts,
    drains,
    failures,
    specOf: async (entry, instance) =>
      instanceSpec(entry, instance, await parts.agentAccess(entry.artifact.name), parts),
    onGone: (instance) => reports.forget(instance),
  });
  const reconciler = createReconciler({
    ...parts,
    decisions,
    deeds,
    drains,
    onPass(inventory) {
      readiness.check(inventory);
      imageOutput.check(inventory);
      daemonRuns.check(inventory);
      cancellations.sayAgain();
    },
  });
  const running = reconciler.run(abort.signal);

  return {
    stateOf(entry) {
      const { name } = entry.artifact;
      const instances = reconciler.picture.instancesOf(name);
      return stateOf(entry, {
        instances,
        reportOf: (instance) => reports.of(instance),
        isDraining: (instance) => drains.of(instance) !== null,
        demand: decisions.demandOf(entry, instances),
        failure: failures.of(name, entry.deployment.id),
        runtimeError: reconciler.runtimeError,
        leading: leading(),
        nowMs: nowMs(),
      });
    },
    wake: (workflow) => reconciler.rethink(workflow),
    cancel: (workflow, run, reason) => cancellations.cancel(workflow, run, reason),
    get runtimeError() {
      return reconciler.runtimeError;
    },
    get runningInstances() {
      return reconciler.picture.inventory.instances.filter((one) => one.state.kind === "running").length;
    },
    agentCounts: counts.all,
    async stop() {
      abort.abort();
      await running;
      imageOutput.stop();
      reports.stop();
    },
  };

  /** Agents take and end runs all the time. Only where a run uses up its container is that a reason to look. */
  function onReport(report: InstanceReport, before: InstanceReport | null): void {
    cancellations.sayAgain(report.workflow);
    if (before === null || !hasRunState(report) || !hasRunState(before)) return reconciler.wake();
    const entry = workflows.get(report.workflow);
    if (entry && isSingleUse(entry)) reconciler.reconsider(report.workflow);
  }
}

function hasRunState({ state }: InstanceReport): boolean {
  return state.kind === "running" || state.kind === "idle";
}
