// One bucket of artifacts, readable at once and written by compare-and-set.
//
//   B1. Reads come from memory, which follows the bucket; a write of this controller is seen by its next read.
//   B2. A write is computed from the entry it replaces. When someone else wrote meanwhile, it is computed again.
//   B3. A check that guards a write sees what is stored, not what memory believes, and holds for the very entry that is replaced.
//   B4. What the bucket holds is the truth; memory is filled from it before `openBucket` resolves.
import type { KV, KvEntry } from "@nats-io/kv";
import { kvHistory } from "../../bus/kv-history.ts";
import { type Saved, entrySchema } from "./entry.ts";

/** Writers that meet on one name try again this often before they give up. */
const conflictRetriesMax = 20;
/** JetStream API error code: the last revision is not the expected one. */
const wrongLastSequence = 10_071;
/** What NATS takes as a key. A name from an address may be anything; what is no key is not stored. */
const keyPattern = /^[\w/=-]+(?:\.[\w/=-]+)*$/;

export type Bucket<E extends Saved> = {
  get(name: string): E | null;
  /** All entries in order of their names, deleted ones included. */
  all(): E[];
  /** The same with their names. */
  entries(): (readonly [name: string, entry: E])[];
  /** What is stored now, also when it was stored elsewhere a moment ago. */
  refresh(name: string): Promise<E | null>;
  /**
   * Computes and stores the successor of an entry. Null from `change` stores nothing. Resolves with what is stored now. `check`
   * throws to refuse it.
   */
  update(name: string, change: (current: E | null) => E | null, check?: (current: E | null) => void): Promise<E | null>;
  /** The entries of a name that the bucket still has, oldest first. */
  history(name: string): AsyncIterable<E>;
  /** Calls back for every entry that this or another controller stores from now on; the result ends that. */
  onChange(listener: (name: string) => void): () => void;
  stop(): void;
};

/**
 * `onFailure` hears when the bucket can no longer be followed; what memory holds is stale from then on. `complete` gives entries of
 * an earlier version what they lack.
 */
export async function openBucket<E extends Saved>(
  kv: KV,
  onFailure: (error: Error) => void,
  complete: (entry: E) => E = (entry) => entry,
): Promise<Bucket<E>> {
  const known = new Map<string, { readonly entry: E; readonly sequence: number }>();
  const listeners = new Set<(name: string) => void>();
  const watch = await kv.watch();
  const filled = Promise.withResolvers<void>();
  void follow().catch((error: Error) => {
    filled.reject(error);
    onFailure(error);
  });
  if ((await kv.status()).values === 0) filled.resolve();
  await filled.promise;

  return {
    get: (name) => known.get(name)?.entry ?? null,
    all: () => [...known].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, { entry }]) => entry),
    entries: () => [...known].map(([name, { entry }]) => [name, entry] as const),
    refresh,
    async update(name, change, check) {
      if (check) await refresh(name);
      for (let attempt = 0; attempt < conflictRetriesMax; attempt++) {
        const current = known.get(name);
        check?.(current?.entry ?? null);
        const next = change(current?.entry ?? null);
        if (next === null) return current?.entry ?? null;
        const sequence = await write(name, next, current?.sequence ?? 0);
        if (sequence !== null) {
          learn(name, next, sequence);
          return next;
        }
        await refresh(name);
      }
      throw new Error(`"${name}" is being written by too many at once; try again`);
    },
    async *history(name) {
      if (!known.has(name)) return;
      for await (const stored of kvHistory(kv, name)) if (stored.operation === "PUT") yield decode(stored);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop: () => watch.stop(),
  };

  async function refresh(name: string): Promise<E | null> {
    if (!keyPattern.test(name)) return null;
    const stored = await kv.get(name);
    if (stored) learn(name, decode(stored), stored.revision);
    return known.get(name)?.entry ?? null;
  }

  async function follow(): Promise<void> {
    for await (const update of watch) {
      if (update.operation === "PUT") learn(update.key, decode(update), update.revision);
      if (update.delta === 0) filled.resolve();
    }
  }

  /** The sequence of the stored entry, or null when `expected` is not the last one any more. */
  async function write(name: string, entry: E, expected: number): Promise<number | null> {
    try {
      return await kv.put(name, JSON.stringify(entry), { previousSeq: expected });
    } catch (error) {
      if ((error as { code?: number }).code === wrongLastSequence) return null;
      throw error;
    }
  }

  function learn(name: string, entry: E, sequence: number): void {
    if ((known.get(name)?.sequence ?? 0) >= sequence) return;
    known.set(name, { entry, sequence });
    for (const listener of listeners) listener(name);
  }

  function decode(stored: KvEntry): E {
    const entry = stored.json<E>();
    if (entry.schema !== entrySchema) {
      throw new Error(
        `${stored.bucket}/${stored.key} was written with another schema (${JSON.stringify(entry.schema)}); this version reads schema ${String(entrySchema)}`,
      );
    }
    return complete(entry);
  }
}
