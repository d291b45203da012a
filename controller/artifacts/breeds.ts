// Breeds: saved, read and deleted. Saving one changes nothing that runs; workflows take it up when they are saved themselves.
import { isDeepStrictEqual } from "node:util";
import type { Breed } from "../../model/breed.ts";
import { type Archive, changeOf } from "./archive.ts";
import type { Bucket } from "./bucket.ts";
import { type BreedEntry, type LiveBreed, entrySchema } from "./entry.ts";

export type SaveResult = {
  readonly action: "created" | "updated" | "unchanged" | "deleted";
  readonly revision: number;
  /** Whether what runs is replaced because of this. */
  readonly redeployed: boolean;
};

export type Breeds = {
  get(name: string): LiveBreed | null;
  list(): LiveBreed[];
  /** The breed must be valid already. Resolves when it is stored and its archive event is durable. */
  save(breed: Breed, by: string): Promise<SaveResult>;
  /** Null when there is no such breed. */
  remove(name: string, by: string): Promise<SaveResult | null>;
};

export function createBreeds(bucket: Bucket<BreedEntry>, archive: Archive, now: () => Date): Breeds {
  return {
    get(name) {
      const entry = bucket.get(name);
      return entry && isLive(entry) ? entry : null;
    },
    list: () => bucket.all().filter(isLive),
    async save(breed, by) {
      let before: BreedEntry | null = null;
      let changed = false;
      const stored = await bucket.update(breed.name, (current) => {
        before = current;
        changed = !isDeepStrictEqual(current?.artifact ?? null, breed);
        return changed ? successor(current, breed, by) : null;
      });
      const revision = stored?.revision ?? 0;
      if (!changed || !stored) return { action: "unchanged", revision, redeployed: false };
      const change = changeOf("breed", breed.name, before, stored);
      await archive.record(change);
      return { action: change.action === "create" ? "created" : "updated", revision, redeployed: false };
    },
    async remove(name, by) {
      let before: BreedEntry | null = null;
      const stored = await bucket.update(name, (current) => {
        before = current;
        return current?.artifact ? successor(current, null, by) : null;
      });
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
