// Workflows as the lifecycle finds them stored.
import type { LiveWorkflow } from "../../controller/artifacts/entry.ts";
import { parseBreed } from "../../model/breed.ts";
import { type Workflow, parseWorkflow } from "../../model/workflow.ts";
import { valueOf } from "../model/parsed.ts";

export const savedAt = "2026-01-01T00:00:00.000Z";

/** `deployment`: its id, which a revision, an edit or a restart would change. */
export function entryOf(
  name: string,
  fields: Partial<Record<keyof Workflow, unknown>> = {},
  over: { readonly deployment?: string; readonly status?: "running" | "suspended"; readonly image?: string } = {},
): LiveWorkflow {
  const deployable = over.image
    ? { type: "container/docker", definition: over.image }
    : { type: "application/javascript", definition: "1" };
  const breed = valueOf(parseBreed({ name: "b", deployable }));
  const { workflow } = valueOf(parseWorkflow({ name, breed: "b", schedule: "manual", ...fields }));
  return {
    schema: 1,
    revision: 1,
    savedAt,
    savedBy: "test",
    artifact: workflow,
    status: over.status ?? "running",
    deployment: {
      id: over.deployment ?? "aaaaaaaaaaaa",
      workflowRevision: 1,
      breedRevision: 1,
      restarts: 0,
      breed,
      deployedAt: savedAt,
    },
  };
}

/** One workflow, `hello`, and nothing else. */
export function only(...of: Parameters<typeof entryOf> extends [string, ...infer Rest] ? Rest : never) {
  return new Map([["hello", entryOf("hello", ...of)]]);
}
