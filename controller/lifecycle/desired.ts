// What should run for a workflow, from what is stored and how much work there is. Pure.
//
//   Instances of two sorts exist, each with its own way to be replaced, and are decided apart:
//   daemons run the workflow's code all the time; agents take runs from its queue. A workflow that changes from one schedule to
//   another has both for a while, and so has a daemon that is run by hand.
import { scheduleKind } from "../../model/schedule.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { agentsMax } from "./demand.ts";

/** How instances give way: `stop`: the old are gone before the new start; `drain`: the old finish their runs beside the new. */
export type Handover = "stop" | "drain";

export type Desired = {
  readonly workflow: string;
  readonly deployment: string;
  /** How many are wanted now. */
  readonly instances: number;
  /** How many of the deployment may exist beside those that drain; names are taken from as many (I4). */
  readonly instancesMax: number;
  readonly handover: Handover;
};

/** Suspended, or of another kind: none. */
export function desiredDaemons(entry: LiveWorkflow): Desired {
  const wanted = isDaemon(entry) && entry.status === "running" ? entry.artifact.scale.instances : 0;
  return { ...deploymentOf(entry), instances: wanted, instancesMax: wanted, handover: "stop" };
}

/** `agents`: what the workflow's work asks for. */
export function desiredAgents(entry: LiveWorkflow, agents: number): Desired {
  const instancesMax = agentsMax(entry.artifact);
  const wanted = takesRuns(entry) ? Math.min(agents, instancesMax) : 0;
  return { ...deploymentOf(entry), instances: wanted, instancesMax, handover: "drain" };
}

export function isDaemon(entry: LiveWorkflow): boolean {
  return scheduleKind(entry.artifact.schedule) === "daemon";
}

/** Only scripts are run by an agent; a user's image is a daemon or nothing. */
export function takesRuns(entry: LiveWorkflow): boolean {
  return entry.status === "running" && entry.deployment.breed.deployable.type === "application/javascript";
}

/** `isolation: container`: an agent takes one run and ends with it. */
export function isSingleUse(entry: LiveWorkflow): boolean {
  return entry.artifact.isolation === "container" && !isDaemon(entry);
}

function deploymentOf(entry: LiveWorkflow) {
  return { workflow: entry.artifact.name, deployment: entry.deployment.id };
}
