// Saving or deleting a breed changes nothing that runs: who refers to it runs on with the breed it has until it is saved itself, or
// restarted. Without the breed it can do neither.
import type { ArtifactName } from "../../model/artifact.ts";
import type { Workflow } from "../../model/workflow.ts";
import type { SaveResult } from "./step.ts";

/** Workflows that a sentence names; more are counted. */
const namesMax = 10;

type Change = SaveResult & ArtifactName;

/**
 * Of changes in the order in which they are made: to each, sentences that say whom it does not reach. `workflows` are those that
 * exist behind all of them.
 */
export function notTakenUp<C extends Change>(
  changes: readonly C[],
  workflows: ReadonlyMap<string, Workflow>,
): (C & { readonly warnings: readonly string[] })[] {
  const deployedAt = new Map<string, number>();
  for (const [index, { kind, name, action, redeployed }] of changes.entries()) {
    if (kind === "workflow" && (redeployed || action === "created")) deployedAt.set(name, index);
  }
  const referring = new Map<string, string[]>();
  for (const [name, { breed }] of workflows) {
    if ("reference" in breed) referring.set(breed.reference, [...(referring.get(breed.reference) ?? []), name]);
  }
  return changes.map((change, index) => {
    const names = change.kind === "breed" && change.action !== "unchanged" ? (referring.get(change.name) ?? []) : [];
    const behind = names.filter((name) => (deployedAt.get(name) ?? -1) < index);
    return { ...change, warnings: behind.length === 0 ? [] : [runOn(behind, change)] };
  });
}

function runOn(names: readonly string[], { name, action, revision }: Change): string {
  const some = names.slice(0, namesMax);
  const more = names.length > some.length ? ` and ${names.length - some.length} more` : "";
  const subject = names.length === 1 ? `workflow ${names[0]} runs` : `workflows ${some.join(", ")}${more} run`;
  if (action !== "deleted")
    return `${subject} on with the breed as it was; to take it up: drover restart ${some.join(" ")}`;
  const back = `drover rollback breed ${name} v${revision - 1}`;
  return `${subject} on with a copy of the breed, and cannot be saved again without it; to bring it back: ${back}`;
}
