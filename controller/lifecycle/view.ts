// A workflow as it is read: what was asked for, and truthfully what is. Pure.
//
//   V1. `running` means that every instance that is wanted now runs this deployment and its agent has reported lately, a daemon's
//       with its code alive. A workflow that waits for its trigger wants none, and runs.
//   V2. A script that keeps ending is `crashing`, also in the moments in which its process is alive.
//   V3. Whatever keeps a workflow from running is said in `message`.
import type { InstanceReport } from "../../bus/assignment.ts";
import type { WorkflowStatus } from "../../model/workflow.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { Instance } from "../runtime/runtime.ts";
import type { Demand } from "./demand.ts";
import { desiredDaemons, isDaemon, isSingleUse, takesRuns } from "./desired.ts";
import type { Failure } from "./failures.ts";
import { handoverOf } from "./instance-name.ts";

/** Code that was started again counts as well only after it has lived this long. */
const steadyAfterMs = 10_000;

export type InstanceView = {
  readonly name: string;
  readonly status: "starting" | "ready" | "crashing" | "exited" | "unreachable" | "stopping";
  /** How often the instance's code or container was started again after it ended by itself. */
  readonly restarts: number;
  readonly startedAt: string | null;
  readonly lastError: string | null;
  /** Events of its code that could not be stored, and lines of output that were too many, as its agent counts them since it started. */
  readonly eventsLost: number;
  readonly logLinesDropped: number;
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
  /** Whether it was told to take nothing new. */
  readonly isDraining: (instance: string) => boolean;
  readonly demand: Demand;
  readonly failure: Failure;
  readonly runtimeError: string | null;
  /** Whether this controller is the one that acts; null: not known yet. */
  readonly leading: boolean | null;
  readonly nowMs: number;
};

/** Long enough for an agent to start on a busy machine; silence after that is not a start any more. */
const silentAfterMs = 30_000;

export function stateOf(entry: LiveWorkflow, observed: Observed): WorkflowState {
  const views = observed.instances.map((one) => viewInstance(one, entry, observed));
  const needed = neededOf(entry, observed);
  const present = observed.instances.filter((one) => isNeededSort(one, entry)).length;
  const count = (status: InstanceView["status"]): number => views.filter((one) => one.status === status).length;
  const running = observed.instances.filter((one) => one.state.kind === "running").length;
  return {
    status: statusOf(entry, observed, views),
    instances: views,
    health: {
      staged: Math.max(0, needed - present) + count("starting"),
      running,
      healthy: count("ready"),
      unhealthy: count("crashing") + count("unreachable"),
    },
    message: messageOf(entry, observed, views),
  };
}

function statusOf(entry: LiveWorkflow, observed: Observed, views: readonly InstanceView[]): WorkflowStatus {
  const { instances } = observed;
  if (entry.status === "suspended") return instances.length > 0 ? "suspending" : "suspended";
  const ready = instances.filter((one, n) => isNeededSort(one, entry) && views[n]?.status === "ready").length;
  if (ready >= neededOf(entry, observed)) return "running";
  return instances.some((one) => one.deployment !== entry.deployment.id) ? "restarting" : "starting";
}

/** How many instances must be ready. Where each run uses one up, some are always starting, and one is enough. */
function neededOf(entry: LiveWorkflow, { demand }: Observed): number {
  if (isDaemon(entry)) return desiredDaemons(entry).instances;
  return isSingleUse(entry) ? Math.min(1, demand.agents) : demand.agents;
}

/** Of this deployment; and of a daemon its own instances, not an agent that runs it by hand. */
function isNeededSort({ instance, deployment }: Instance, entry: LiveWorkflow): boolean {
  return deployment === entry.deployment.id && (handoverOf(instance) === "stop") === isDaemon(entry);
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
    eventsLost: current?.eventsLost ?? 0,
    logLinesDropped: current?.logLinesDropped ?? 0,
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
  const isUnwanted = instance.deployment !== entry.deployment.id || entry.status === "suspended";
  if (isUnwanted || observed.isDraining(instance.instance)) return "stopping";
  const ranMs = observed.nowMs - Date.parse(instance.state.startedAt);
  if (!report) return ranMs > silentAfterMs ? "unreachable" : "starting";
  switch (report.state.kind) {
    case "draining":
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
  if (observed.leading === null)
    return "it is not known yet which controller leads; until then nothing is started or stopped";
  if (!observed.leading)
    return "another controller leads; it has the instances of this workflow, and knows how they are";
  if (observed.runtimeError !== null) return `the runtime does not answer: ${observed.runtimeError}`;
  if (entry.status === "suspended") return null;
  if (!isDaemon(entry) && !takesRuns(entry))
    return `only scripts can be run on a schedule, and ${entry.deployment.breed.name} is an image; use schedule: daemon`;
  const crashing = views.find((one) => one.status === "crashing");
  if (crashing)
    return `${crashing.name} keeps ending (restarts: ${crashing.restarts}): ${firstLine(crashing.lastError)}`;
  const silent = views.find((one) => one.status === "unreachable");
  if (silent) return `${silent.name} runs but its agent does not report`;
  const present = observed.instances.filter((one) => isNeededSort(one, entry)).length;
  return present < neededOf(entry, observed) && observed.failure.lastError !== null
    ? `cannot start: ${firstLine(observed.failure.lastError)}`
    : null;
}

function firstLine(text: string | null): string {
  return (
    text?.split("\n").find((line) => line.trim() !== "") ??
    "it ended without an error; a daemon must not end (VAMP_WORKFLOW_EXECUTION_PERIOD runs a script again and again)"
  );
}
