// A workflow as it is read: what was asked for, and truthfully what is. Pure.
//
//   V1. `running` means that every instance runs this deployment and its agent has reported lately with its code alive.
//   V2. A script that keeps ending is `crashing`, also in the moments in which its process is alive.
//   V3. Whatever keeps a workflow from running is said in `message`.
import type { InstanceReport } from "../../bus/assignment.ts";
import type { WorkflowStatus } from "../../model/workflow.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { Instance } from "../runtime/runtime.ts";
import { desiredOf, unavailableTrigger } from "./desired.ts";
import type { Failure } from "./failures.ts";

/** Code that was started again counts as well only after it has lived this long. */
const steadyAfterMs = 10_000;

export type InstanceView = {
  readonly name: string;
  readonly status: "starting" | "ready" | "crashing" | "exited" | "unreachable" | "stopping";
  /** How often the instance's code or container was started again after it ended by itself. */
  readonly restarts: number;
  readonly startedAt: string | null;
  readonly lastError: string | null;
};

export type Health = {
  readonly staged: number;
  readonly running: number;
  readonly healthy: number;
  readonly unhealthy: number;
};

export type WorkflowState = {
  readonly status: WorkflowStatus;
  readonly instances: readonly InstanceView[];
  readonly health: Health;
  /** One sentence that says what is wrong, or null. */
  readonly message: string | null;
};

export type Observed = {
  readonly instances: readonly Instance[];
  readonly reportOf: (instance: string) => InstanceReport | null;
  readonly failure: Failure;
  readonly runtimeError: string | null;
  readonly nowMs: number;
};

/** Long enough for an agent to start on a busy machine; silence after that is not a start any more. */
const silentAfterMs = 30_000;

export function stateOf(entry: LiveWorkflow, observed: Observed): WorkflowState {
  const views = observed.instances.map((one) => viewInstance(one, entry, observed));
  const wanted = desiredOf(entry)?.instances ?? 0;
  const ready = views.filter((one) => one.status === "ready").length;
  const running = observed.instances.filter((one) => one.state.kind === "running").length;
  const starting = views.filter((one) => one.status === "starting").length;
  return {
    status: statusOf(entry, observed, { wanted, ready }),
    instances: views,
    health: {
      staged: Math.max(0, wanted - running) + starting,
      running,
      healthy: ready,
      unhealthy: running - ready - starting,
    },
    message: messageOf(entry, observed, views),
  };
}

function statusOf(entry: LiveWorkflow, observed: Observed, counts: { wanted: number; ready: number }): WorkflowStatus {
  const { instances } = observed;
  if (desiredOf(entry) === null) return instances.length > 0 ? "suspending" : "suspended";
  if (instances.some((one) => one.deployment !== entry.deployment.id)) return "restarting";
  return counts.ready === counts.wanted && instances.length === counts.wanted ? "running" : "starting";
}

function viewInstance(instance: Instance, entry: LiveWorkflow, observed: Observed): InstanceView {
  const report = observed.reportOf(instance.instance);
  const current = report?.deployment === instance.deployment ? report : null;
  return {
    name: instance.instance,
    status: instanceStatus(instance, current, entry, observed),
    restarts: (current?.restarts ?? 0) + observed.failure.count,
    startedAt: instance.state.kind === "created" ? null : instance.state.startedAt,
    lastError: current?.lastError ?? observed.failure.lastError,
  };
}

function instanceStatus(
  instance: Instance,
  report: InstanceReport | null,
  entry: LiveWorkflow,
  observed: Observed,
): InstanceView["status"] {
  if (instance.state.kind === "exited") return "exited";
  if (instance.state.kind === "created") return "starting";
  if (instance.deployment !== entry.deployment.id || entry.status === "suspended") return "stopping";
  const ranMs = observed.nowMs - Date.parse(instance.state.startedAt);
  if (!report) return ranMs > silentAfterMs ? "unreachable" : "starting";
  switch (report.state.kind) {
    case "stopping":
      return "stopping";
    case "backing-off":
      return "crashing";
    case "idle":
      return observed.failure.count > 1 && ranMs < steadyAfterMs ? "crashing" : "ready";
    case "running":
      return report.restarts > 0 && observed.nowMs - Date.parse(report.state.since) < steadyAfterMs
        ? "crashing"
        : "ready";
  }
}

function messageOf(entry: LiveWorkflow, observed: Observed, views: readonly InstanceView[]): string | null {
  if (observed.runtimeError !== null) return `the runtime does not answer: ${observed.runtimeError}`;
  const trigger = unavailableTrigger(entry);
  if (trigger !== null) return trigger;
  if (entry.status === "suspended") return null;
  const crashing = views.find((one) => one.status === "crashing");
  if (crashing)
    return `${crashing.name} keeps ending (restarts: ${crashing.restarts}): ${firstLine(crashing.lastError)}`;
  const silent = views.find((one) => one.status === "unreachable");
  if (silent) return `${silent.name} runs but its agent does not report`;
  const missing = observed.instances.length < entry.artifact.scale.instances;
  return missing && observed.failure.lastError !== null
    ? `cannot start: ${firstLine(observed.failure.lastError)}`
    : null;
}

function firstLine(text: string | null): string {
  return (
    text?.split("\n").find((line) => line.trim() !== "") ??
    "it ended without an error; a daemon must not end (VAMP_WORKFLOW_EXECUTION_PERIOD runs a script again and again)"
  );
}
