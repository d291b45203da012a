// Tokens: with one of them somebody proves to the API who is asking. Named, with a role, and if wanted a scope and an end.
//
//   T1. A value is shown once, when it is made. What is stored is its SHA-256: a value is 32 random bytes, so its hash cannot be
//       guessed back, and a slow hash as for passwords would only make every request slow.
//   T2. A value that is presented is looked up by its hash, whose timing tells nothing about any value, and compared in constant time.
//   T3. Every change is an event, which names the token and never holds its value or hash.
//   T4. When a token was last used is stored at most once in usedEveryMs; it is no change, and no request waits for it.
import { timingSafeEqual } from "node:crypto";
import { durationMs } from "../../model/duration.ts";
import { expandTags } from "../../model/event.ts";
import type { Grant } from "../../model/grant.ts";
import type { TokenRequest } from "../../model/token.ts";
import type { Bucket } from "../artifacts/bucket.ts";
import { type Saved, entrySchema } from "../artifacts/entry.ts";
import type { AppendEvent } from "../events/append.ts";
import { eventIdOf } from "../events/event-id.ts";
import { bucketName, hashOf, newCredential } from "./credential.ts";

const tokensMax = 1_000;
const valuePrefix = "drover_token_";
const usedEveryMs = 60_000;

/** `hash`: SHA-256 of the value in hex; null for a token that has been revoked. */
export type TokenEntry = Saved &
  Grant & {
    readonly name: string;
    readonly hash: string | null;
    readonly createdAt: string;
    readonly expiresAt: string | null;
    readonly lastUsedAt: string | null;
  };

export type TokenView = Grant &
  Pick<TokenEntry, "name" | "createdAt" | "expiresAt" | "lastUsedAt"> & { readonly by: string };

export type TokenCreated =
  | { readonly kind: "created"; readonly value: string; readonly token: TokenView }
  | { readonly kind: "exists" }
  | { readonly kind: "over"; readonly expiresAt: string }
  | { readonly kind: "full"; readonly max: number };

export type TokenFound =
  | { readonly kind: "known"; readonly token: TokenView }
  | { readonly kind: "expired"; readonly token: TokenView }
  | { readonly kind: "unknown" };

export type Tokens = {
  /** In order of their names; those that have expired, too. */
  list(): readonly TokenView[];
  create(asked: TokenRequest, by: string): Promise<TokenCreated>;
  /** False when there was none. */
  revoke(name: string, by: string): Promise<boolean>;
  /** Whose value it is. Counts as a use. */
  find(value: string): TokenFound;
  /** Whether a token of that name may still be used. */
  isGood(name: string): boolean;
  /** Calls back with the name when a token was revoked, here or by another controller. */
  onRevoked(listener: (name: string) => void): () => void;
};

export function createTokens(bucket: Bucket<TokenEntry>, append: AppendEvent, now: () => Date): Tokens {
  let byHash: ReadonlyMap<string, TokenEntry> | null = null;
  bucket.onChange(() => (byHash = null));
  const usedMs = new Map<string, number>();

  return {
    list: () =>
      present()
        .map(viewOf)
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    async create({ name, role, workflows = null, expires }, by) {
      const at = now();
      const expiresAt = expires === undefined ? null : expiryOf(expires, at);
      if (expiresAt !== null && expiresAt <= at.toISOString()) return { kind: "over", expiresAt };
      const value = newCredential(valuePrefix);
      const hash = hashOf(value).toString("hex");
      let existed = false;
      const stored = await bucket.update(bucketName(name), (current) => {
        existed = current !== null && current.hash !== null;
        if (existed || present().length >= tokensMax) return null;
        const entry = { name, hash, role, workflows, expiresAt, createdAt: at.toISOString(), lastUsedAt: null };
        return { ...successor(current, by), ...entry };
      });
      if (stored?.hash !== hash) return existed ? { kind: "exists" } : { kind: "full", max: tokensMax };
      await tell(stored, "created");
      return { kind: "created", value, token: viewOf(stored) };
    },
    async revoke(name, by) {
      let existed = false;
      const stored = await bucket.update(bucketName(name), (current) => {
        existed = current !== null && current.hash !== null;
        return existed && current ? { ...current, ...successor(current, by), hash: null } : null;
      });
      if (stored && existed) await tell(stored, "revoked");
      return existed;
    },
    find(value) {
      const presented = hashOf(value);
      byHash ??= new Map(present().map((entry) => [entry.hash, entry]));
      const found = byHash.get(presented.toString("hex"));
      if (!found?.hash || !timingSafeEqual(Buffer.from(found.hash, "hex"), presented)) return { kind: "unknown" };
      const token = viewOf(found);
      if (isOver(found)) return { kind: "expired", token };
      noteUse(found.name);
      return { kind: "known", token };
    },
    isGood(name) {
      const entry = bucket.get(bucketName(name));
      return entry !== null && entry.hash !== null && !isOver(entry);
    },
    onRevoked: (listener) =>
      bucket.onChange((key) => {
        const entry = bucket.get(key);
        if (entry && entry.hash === null) listener(entry.name);
      }),
  };

  function present(): (TokenEntry & { readonly hash: string })[] {
    return bucket.all().filter(isLive);
  }

  function isOver({ expiresAt }: TokenEntry): boolean {
    return expiresAt !== null && Date.parse(expiresAt) <= now().getTime();
  }

  function noteUse(name: string): void {
    const atMs = now().getTime();
    if (atMs - (usedMs.get(name) ?? -Infinity) < usedEveryMs) return;
    usedMs.set(name, atMs);
    const lastUsedAt = new Date(atMs).toISOString();
    // One that is lost is made up for by the next; of one that was revoked meanwhile nothing is stored.
    bucket
      .update(bucketName(name), (current) => (current && isLive(current) ? { ...current, lastUsedAt } : null))
      .catch(() => usedMs.delete(name));
  }

  function successor(current: TokenEntry | null, by: string): Saved {
    const savedAt = now().toISOString();
    return { schema: entrySchema, revision: (current?.revision ?? 0) + 1, savedAt, savedBy: by };
  }

  async function tell(entry: TokenEntry, action: "created" | "revoked"): Promise<void> {
    const { name, revision, role, workflows, expiresAt, savedAt, savedBy: by } = entry;
    await append({
      id: eventIdOf("token", name, String(revision), savedAt),
      source: "/controller",
      type: "token",
      tags: expandTags([`tokens:${name}`, `token:${action}`]),
      value: { name, action, role, workflows, expiresAt, by },
      timestamp: savedAt,
    });
  }
}

function viewOf({ name, role, workflows, createdAt, expiresAt, lastUsedAt, savedBy: by }: TokenEntry): TokenView {
  return { name, role, workflows, createdAt, expiresAt, lastUsedAt, by };
}

function isLive(entry: TokenEntry): entry is TokenEntry & { readonly hash: string } {
  return entry.hash !== null;
}

function expiryOf(expires: string, from: Date): string {
  const ms = durationMs(expires);
  return ms === null ? expires : new Date(from.getTime() + ms).toISOString();
}
