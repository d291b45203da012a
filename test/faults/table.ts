// Every fault there is. A run takes each in turn, then at random as its seed has it.
import { diskFull } from "./disk-full.ts";
import { engineRestart } from "./engine-restart.ts";
import type { Fault } from "./fault.ts";
import { flood } from "./flood.ts";
import { freezes } from "./freeze.ts";
import { fullQueue } from "./full-queue.ts";
import { killings } from "./killing.ts";
import { manyWorkflows } from "./many-workflows.ts";
import { partition } from "./partition.ts";
import { slowConsumers } from "./slow-consumers.ts";

export const faultTable: readonly Fault[] = [
  ...killings,
  ...freezes,
  partition,
  diskFull,
  slowConsumers,
  flood,
  manyWorkflows,
  fullQueue,
  engineRestart,
];

/** Throws an error that names what there is. */
export function faultsNamed(names: readonly string[]): readonly Fault[] {
  return names.map((name) => {
    const found = faultTable.find((fault) => fault.name === name);
    if (!found) throw new Error(`expected some of ${faultTable.map((one) => one.name).join(", ")}, got "${name}"`);
    return found;
  });
}
