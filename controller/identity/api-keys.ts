// API keys: with one of them a stranger may call a webhook. Named by people, used by schedules under their names.
//
//   K1. A value is shown once, when it is made. What is stored is its SHA-256: a value is 32 random bytes, so its hash cannot be
//       guessed back, and a slow hash as for passwords would only make every call slow.
//   K2. A value that is presented is compared with all keys, each in constant time.
//   K3. Every change is an event, which names the key and never holds its value or hash.
import { timingSafeEqual } from "node:crypto";
import { expandTags } from "../../model/event.ts";
import type { Reader } from "../../model/reader.ts";
import { text } from "../../model/text.ts";
import type { Bucket } from "../artifacts/bucket.ts";
import { type Saved, entrySchema } from "../artifacts/entry.ts";
import type { AppendEvent } from "../events/append.ts";
import { eventIdOf } from "../events/event-id.ts";
import { bucketName, hashOf, newCredential } from "./credential.ts";

/** Each call of a webhook looks at all of them, which takes 0.2 ms for so many. */
const keysMax = 1_000;
const valuePrefix = "drover_";

/** `hash`: SHA-256 of the value in hex; null for a key that has been deleted. */
export type KeyEntry = Saved & { readonly name: string; readonly hash: string | null };

type LiveKey = KeyEntry & { readonly hash: string };

export type KeyView = { readonly name: string; readonly createdAt: string; readonly by: string };

export type KeyCreated =
  | { readonly kind: "created"; readonly value: string; readonly createdAt: string }
  | { readonly kind: "exists" }
  | { readonly kind: "full"; readonly max: number };

export type ApiKeys = {
  has(name: string): boolean;
  /** In order of their names. */
  list(): readonly KeyView[];
  /** With `replace`, the value of a key that exists is exchanged; the old one is worth nothing from then on. */
  create(name: string, options: { readonly by: string; readonly replace: boolean }): Promise<KeyCreated>;
  /** False when there was none. */
  remove(name: string, by: string): Promise<boolean>;
  /** The name of the key that has this value; null when none has. */
  nameOf(value: string): string | null;
};

/** The rule is that of `schedule.webhook.key`. */
export const keyName: Reader<string> = text({
  expected: "the name of a key: letters, digits, dot, dash and underscore",
  fix: 'write one such as "github"',
  charsMax: 128,
  pattern: /^[\w.-]+$/,
});

export function createApiKeys(bucket: Bucket<KeyEntry>, append: AppendEvent, now: () => Date): ApiKeys {
  return {
    has: (name) => bucket.get(bucketName(name))?.hash != null,
    list: () =>
      present()
        .map(({ name, savedAt, savedBy }) => ({ name, createdAt: savedAt, by: savedBy }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    async create(name, { by, replace }) {
      const value = newCredential(valuePrefix);
      const hash = hashOf(value).toString("hex");
      let existed = false;
      const stored = await bucket.update(bucketName(name), (current) => {
        existed = current !== null && current.hash !== null;
        const refused = existed ? !replace : present().length >= keysMax;
        return refused ? null : successor(current, { name, hash, by });
      });
      if (stored?.hash !== hash) return existed ? { kind: "exists" } : { kind: "full", max: keysMax };
      await tell(stored, existed ? "replaced" : "created");
      return { kind: "created", value, createdAt: stored.savedAt };
    },
    async remove(name, by) {
      let existed = false;
      const stored = await bucket.update(bucketName(name), (current) => {
        existed = current !== null && current.hash !== null;
        return existed ? successor(current, { name, hash: null, by }) : null;
      });
      if (stored && existed) await tell(stored, "deleted");
      return existed;
    },
    nameOf(value) {
      const presented = hashOf(value);
      let found: string | null = null;
      for (const { name, hash } of present()) if (timingSafeEqual(Buffer.from(hash, "hex"), presented)) found = name;
      return found;
    },
  };

  function present(): LiveKey[] {
    return bucket.all().filter(isLive);
  }

  function successor(current: KeyEntry | null, { name, hash, by }: { name: string; hash: string | null; by: string }) {
    const savedAt = now().toISOString();
    return { schema: entrySchema, revision: (current?.revision ?? 0) + 1, savedAt, savedBy: by, name, hash } as const;
  }

  async function tell({ name, revision, savedAt, savedBy }: KeyEntry, action: string): Promise<void> {
    await append({
      id: eventIdOf("key", name, String(revision), savedAt),
      source: "/controller",
      type: "key",
      tags: expandTags([`keys:${name}`, `key:${action}`]),
      value: { name, action, by: savedBy },
      timestamp: savedAt,
    });
  }
}

function isLive(entry: KeyEntry): entry is LiveKey {
  return entry.hash !== null;
}
