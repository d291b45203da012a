// What a fault is: something that is done to a Drover that works, held for a while, and undone. Each has a file of its own; all of
// them are in table.ts.
import type { Drover } from "../drover.ts";
import type { SmallDisk } from "../small-disk.ts";
import type { OwnEngine } from "./own-engine.ts";

export type World = {
  readonly drover: Drover;
  /** Where the home is; null: on the disk of this machine. */
  readonly disk: SmallDisk | null;
  /** Null: the engine is this machine's, which other things run on. */
  readonly engine: OwnEngine | null;
  /** From 0 to below 1, as the seed has it. */
  readonly random: () => number;
};

export type Injected = {
  /** What was done, and to which of several. */
  readonly what: string;
  /** Also called when the run fails meanwhile. */
  readonly undo?: () => Promise<void> | void;
  /** Asked at the end, when nothing is under way any more: what is wrong, for faults that keep a ledger of their own. */
  readonly check?: () => Promise<readonly string[]>;
};

export type Fault = {
  readonly name: string;
  /** How long it lasts at most; 0: it is over at once. */
  readonly holdSecondsMax: number;
  /** Null: there is nothing to do it to at this moment, or not here. */
  readonly inject: (world: World) => Promise<Injected | null>;
};
