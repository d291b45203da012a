// What the lifecycle says to the event stream: instances that start, stop, exit or cannot start, and deploys.
//
//   E1. Ids come from what happened, so that the same end seen twice (by a controller before and after its restart) is one event.
//   E2. Tags are Vamp's (`workflows`, `workflows:<name>`, `scheduled`, `unscheduled`) plus `instances:<instance>`.
import { expandTags } from "../../model/event.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { AppendEvent } from "../events/append.ts";
import { eventIdOf } from "../events/event-id.ts";
import type { Instance } from "../runtime/runtime.ts";

export type LifecycleEvents = {
  started(entry: LiveWorkflow, instance: string): Promise<void>;
  startFailed(entry: LiveWorkflow, instance: string, reason: string): Promise<void>;
  ready(entry: LiveWorkflow, instance: string, startedAt: string): Promise<void>;
  stopped(instance: Instance): Promise<void>;
  exited(instance: Instance, reason: string): Promise<void>;
  unscheduled(workflow: string): Promise<void>;
  statusChanged(entry: LiveWorkflow, by: string): Promise<void>;
  /** Somebody saved or restarted the workflow, so that instances of a new deployment are wanted. */
  deployed(entry: LiveWorkflow, by: string): Promise<void>;
};

export function createLifecycleEvents(append: AppendEvent, now: () => Date): LifecycleEvents {
  return {
    started: (entry, instance) =>
      emit("instance", entry.artifact.name, ["scheduled", "instance:started", `instances:${instance}`], {
        ...deploymentOf(entry),
        instance,
        state: "started",
      }),
    startFailed: (entry, instance, reason) =>
      emit("instance", entry.artifact.name, ["instance:failed", `instances:${instance}`], {
        ...deploymentOf(entry),
        instance,
        state: "failed",
        reason,
      }),
    ready: (entry, instance, startedAt) =>
      emit(
        "deploy",
        entry.artifact.name,
        ["deploy:ready", `instances:${instance}`],
        { ...deploymentOf(entry), instance, state: "ready" },
        [instance, startedAt],
      ),
    stopped: (instance) =>
      emit(
        "instance",
        instance.workflow,
        ["instance:stopped", `instances:${instance.instance}`],
        {
          deployment: instance.deployment,
          revision: instance.revision,
          instance: instance.instance,
          state: "stopped",
        },
        endOf(instance),
      ),
    exited: (instance, reason) =>
      emit(
        "instance",
        instance.workflow,
        ["instance:exited", `instances:${instance.instance}`],
        {
          deployment: instance.deployment,
          revision: instance.revision,
          instance: instance.instance,
          state: "exited",
          reason,
          ...(instance.state.kind === "exited"
            ? { exitCode: instance.state.exitCode, outOfMemory: instance.state.outOfMemory }
            : {}),
        },
        endOf(instance),
      ),
    unscheduled: (workflow) => emit("instance", workflow, ["unscheduled"], { state: "unscheduled" }),
    statusChanged: (entry, by) =>
      emit("status", entry.artifact.name, [`status:${entry.status}`], {
        ...deploymentOf(entry),
        status: entry.status,
        by,
      }),
    deployed: (entry, by) =>
      emit(
        "deploy",
        entry.artifact.name,
        ["deploy:requested"],
        { ...deploymentOf(entry), state: "requested", restarts: entry.deployment.restarts, by },
        [entry.deployment.id, entry.deployment.deployedAt],
      ),
  };

  async function emit(
    type: string,
    workflow: string,
    tags: readonly string[],
    value: unknown,
    identity?: readonly string[],
  ): Promise<void> {
    await append({
      ...(identity ? { id: eventIdOf(type, ...identity) } : {}),
      source: "/controller",
      type,
      tags: expandTags(["workflows", `workflows:${workflow}`, ...tags]),
      value,
      timestamp: now().toISOString(),
    });
  }
}

/** What tells the end of an instance from another one under the same name; undefined: nothing does. */
function endOf({ instance, state }: Instance): readonly string[] | undefined {
  return state.kind === "exited" ? [instance, state.finishedAt] : undefined;
}

function deploymentOf(entry: LiveWorkflow) {
  const { id, workflowRevision, breedRevision } = entry.deployment;
  return { deployment: id, revision: workflowRevision, breedRevision };
}
