// What a pass saw of the runtime, by workflow.
import type { Instance, Inventory } from "../runtime/runtime.ts";

export type Picture = {
  readonly inventory: Inventory;
  instancesOf(workflow: string): readonly Instance[];
  readonly holders: ReadonlySet<string>;
  /** Those of which anything exists. */
  readonly workflows: ReadonlySet<string>;
};

export function pictureOf(inventory: Inventory): Picture {
  const byWorkflow = Map.groupBy(inventory.instances, (one) => one.workflow);
  const holders = new Set(inventory.holders);
  return {
    inventory,
    instancesOf: (workflow) => byWorkflow.get(workflow) ?? none,
    holders,
    workflows: new Set([...byWorkflow.keys(), ...holders]),
  };
}

const none: readonly Instance[] = [];
export const emptyPicture: Picture = pictureOf({ instances: [], holders: [] });
