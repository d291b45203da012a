// What should run for a workflow, from what is stored. Pure.
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { Desired } from "./next-step.ts";

/** Null for a workflow that is deleted or suspended, or whose schedule nothing here can trigger. */
export function desiredOf(entry: LiveWorkflow | null): Desired {
  if (entry === null || entry.status === "suspended" || unavailableTrigger(entry) !== null) return null;
  return { workflow: entry.artifact.name, deployment: entry.deployment.id, instances: entry.artifact.scale.instances };
}

/** One sentence when the workflow's schedule has no trigger in this version, else null. */
export function unavailableTrigger(entry: LiveWorkflow): string | null {
  const { schedule } = entry.artifact;
  const kind = typeof schedule === "string" ? schedule : Object.keys(schedule)[0];
  if (kind === "daemon") return null;
  return `the trigger "${kind}" is not available in this version: the workflow is stored and nothing runs; use schedule: daemon`;
}
