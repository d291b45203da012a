// Breeds: saved, read and deleted. Saving one changes nothing that runs; workflows take it up when they are saved themselves.
import type { Breed } from "../../model/breed.ts";
import { type Archive, changeOf } from "./archive.ts";
import type { Bucket } from "./bucket.ts";
import { checkOf, type Condition } from "./condition.ts";
import { type BreedEntry, type LiveBreed, entrySchema } from "./entry.ts";
import { type SaveOptions, type SaveResult, type Step, breedStep, resultOf } from "./step.ts";

export type Breeds = {
  get(name: string): LiveBreed | null;
  list(): LiveBreed[];
  /** As `get`, a deleted one too. */
  standing(name: string): BreedEntry | null;
  /** What is kept of it, oldest first. */
  history(name: string): AsyncIterable<BreedEntry>;
  /**
   * The breed must be valid already. Resolves when it is stored and its archive event is durable. Rejects with ConditionFailed, and
   * so does `remove`.
   */
  save(breed: Breed, by: string, options?: SaveOptions): Promise<SaveResult>;
  /** Null when there is no such breed. */
  remove(name: string, by: string, condition?: Condition | null): Promise<SaveResult | null>;
};

export function createBreeds(bucket: Bucket<BreedEntry>, archive: Archive, now: () => Date): Breeds {
  return {
    get(name) {
      const entry = bucket.get(name);
      return entry && isLive(entry) ? entry : null;
    },
    list: () => bucket.all().filter(isLive),
    standing: (name) => bucket.get(name),
    history: (name) => bucket.history(name),
    async save(breed, by, { condition, restores, packages } = {}) {
      let before: BreedEntry | null = null;
      let step: Step = "nothing";
      const stored = await bucket.update(
        breed.name,
        (current) => {
          before = current;
          step = breedStep(current, breed, packages?.id !== current?.packages?.id);
          if (step === "nothing") return null;
          const own = { ...(restores !== undefined && { restores }), ...(packages && { packages }) };
          return { ...successor(current, breed, by), ...own };
        },
        checkOf(condition, "breed", breed.name),
      );
      if (stored && stored !== before) await archive.record(changeOf("breed", breed.name, before, stored));
      return resultOf(step, "breed", (before as BreedEntry | null)?.revision ?? 0);
    },
    async remove(name, by, condition) {
      let before: BreedEntry | null = null;
      const stored = await bucket.update(
        name,
        (current) => {
          before = current;
          return current?.artifact ? successor(current, null, by) : null;
        },
        checkOf(condition, "breed", name),
      );
      if (!stored || before === stored) return null;
      await archive.record(changeOf("breed", name, before, stored));
      return { action: "deleted", revision: stored.revision, redeployed: false };
    },
  };

  function successor(current: BreedEntry | null, artifact: Breed | null, by: string): BreedEntry {
    return {
      schema: entrySchema,
      revision: (current?.revision ?? 0) + 1,
      savedAt: now().toISOString(),
      savedBy: by,
      artifact,
    };
  }
}

function isLive(entry: BreedEntry): entry is LiveBreed {
  return entry.artifact !== null;
}
