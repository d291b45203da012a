// What saving an artifact makes of the entry that is there. Pure: a save and its prediction ask the same question, so a plan says
// what will happen.
import { isDeepStrictEqual } from "node:util";
import type { Breed } from "../../model/breed.ts";
import type { DesiredStatus, Workflow } from "../../model/workflow.ts";
import type { LockedPackages } from "../packages/lock.ts";
import type { Condition } from "./condition.ts";

/** `status`: of a workflow, with its document as it is. */
export type Step = "create" | "update" | "status" | "nothing";

/** Beside what is to be saved. */
export type SaveOptions = {
  readonly condition?: Condition | null;
  /** The revision that a rollback brings back. */
  readonly restores?: number;
  /** Of a workflow that does not exist yet and is saved without a status. */
  readonly statusIfNew?: DesiredStatus;
  /** Of a workflow: asked about the very one that it replaces (null: none), it throws to refuse the save. */
  readonly guard?: ((wanted: Workflow, had: Workflow | null) => void) | null;
  /** The npm packages of the breed, or of the workflow's own breed; there when it names any. */
  readonly packages?: LockedPackages | undefined;
};

export type SaveResult = {
  readonly action: "created" | "updated" | "unchanged" | "deleted";
  readonly revision: number;
  /** Whether what runs is replaced because of this. */
  readonly redeployed: boolean;
};

/** An entry as far as the next save depends on it. */
export type Stood<A> = { readonly revision: number; readonly artifact: A | null };
export type StoodWorkflow = Stood<Workflow> & { readonly status: DesiredStatus };

/** `hasNews`: with npm packages that are others than those that are stored. */
export function breedStep(current: Stood<Breed> | null, wanted: Breed, hasNews = false): Step {
  if (!current?.artifact) return "create";
  return isDeepStrictEqual(current.artifact, wanted) && !hasNews ? "nothing" : "update";
}

/** `status` null keeps the present one. */
export function workflowStep(
  current: StoodWorkflow | null,
  wanted: Workflow,
  status: DesiredStatus | null,
  hasNews = false,
): Step {
  if (!current?.artifact) return "create";
  if (!isDeepStrictEqual(current.artifact, wanted) || hasNews) return "update";
  return status === null || status === current.status ? "nothing" : "status";
}

/** In the caller's words. `revision`: the present one, 0 without any. */
export function resultOf(step: Step, kind: "breed" | "workflow", revision: number): SaveResult {
  const redeployed = step === "update" && kind === "workflow";
  switch (step) {
    case "nothing":
      return { action: "unchanged", revision, redeployed };
    case "status":
      return { action: "updated", revision, redeployed };
    case "create":
      return { action: "created", revision: revision + 1, redeployed };
    case "update":
      return { action: "updated", revision: revision + 1, redeployed };
  }
}
