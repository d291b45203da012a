// Secrets: set, listed and deleted by people, opened for the instances of workflows that name them.
//
//   S1. A value is stored encrypted only, bound to its secret, key and version. No answer, event or log line has one.
//   S2. A version counts the changes of a secret, deletions included; setting what is there already is none. The bucket keeps
//       earlier versions, encrypted like the present one, until something of the secret is deleted: then they go.
//   S3. Every change is an event, with the names of the keys.
//   S4. While the vault is locked secrets can be listed and deleted, nothing else.
import type { Bucket } from "../artifacts/bucket.ts";
import { type Condition, checkOf } from "../artifacts/condition.ts";
import { entrySchema } from "../artifacts/entry.ts";
import type { SecretValues } from "../../model/secret-reference.ts";
import type { SecretNeeds } from "../../model/secret-needs.ts";
import { keysMax, valuesBytesMax } from "../../model/secret.ts";
import { open, openedBytes, seal } from "./cipher.ts";
import type { SealedValue, SecretEntry, StoredSecret } from "./entry.ts";
import type { SecretChange } from "./secret-events.ts";
import type { DataKey, Vault } from "./vault.ts";

const secretsMax = 1_000;

export type LiveSecret = SecretEntry & { readonly values: Readonly<Record<string, SealedValue>> };

/** The vault is locked, or a value does not open; the message is for people. */
export class SecretsLocked extends Error {}

/** More secrets, or keys in one, than there may be. */
export class SecretsFull extends Error {}

export type Changing = {
  readonly by: string;
  readonly condition: Condition | null;
  /** Hears which keys would be gone, before they are; throws to refuse it. */
  readonly onRemoval: (keys: readonly string[]) => void;
};

export type Changed = {
  readonly action: "created" | "changed" | "unchanged" | "deleted";
  readonly version: number;
  /** Names of keys that were set to something new, and of those that are gone. */
  readonly set: readonly string[];
  readonly removed: readonly string[];
};

export type Secrets = {
  get(name: string): LiveSecret | null;
  /** In order of their names. */
  list(): readonly LiveSecret[];
  /** Sets these keys; the others stay, or go with `replace`. Rejects with SecretsLocked, SecretsFull and ConditionFailed. */
  set(
    name: string,
    values: Readonly<Record<string, string>>,
    how: Changing & { readonly replace: boolean },
  ): Promise<Changed>;
  /** These keys, or all (null). The last one takes the secret with it. What is not there is passed over. */
  remove(name: string, keys: readonly string[] | null, how: Changing): Promise<Changed>;
  /** The values that are needed, as they are now in the bucket. Rejects with SecretsLocked; what is not there is left out. */
  values(needs: SecretNeeds): Promise<SecretValues>;
};

export type SecretParts = {
  readonly bucket: Bucket<StoredSecret>;
  readonly vault: Pick<Vault, "state">;
  /** Removes what the bucket still has of a secret's earlier entries. */
  readonly forgetEarlier: (name: string) => Promise<void>;
  readonly tell: (change: SecretChange) => Promise<void>;
  readonly now: () => Date;
};

/** A map, since a key may be called as something that every object has. */
type Values = ReadonlyMap<string, SealedValue>;

export function createSecrets({ bucket, vault, forgetEarlier, tell, now }: SecretParts): Secrets {
  return {
    get: (name) => liveSecret(bucket.get(name)),
    list,
    async set(name, values, { replace, ...how }) {
      const { dataKey } = openVault();
      return change(name, how, (before, head) => {
        if (before.size === 0 && list().length >= secretsMax)
          throw new SecretsFull(`there are ${secretsMax} secrets already; delete some that nobody uses`);
        const kept = [...before].filter(([key]) => !replace || Object.hasOwn(values, key));
        const set = Object.entries(values)
          .filter(([key, value]) => !holds(before.get(key), { name, key, value }))
          .map(([key, value]) => [key, sealed(dataKey, { name, key, value, ...head })] as const);
        return new Map([...kept, ...set]);
      });
    },
    remove: (name, keys, how) =>
      change(name, how, (before) =>
        keys === null ? new Map() : new Map([...before].filter(([key]) => !keys.includes(key))),
      ),
    async values({ keys, files }) {
      const wanted = new Map<string, Set<string> | "all">(files.map((name) => [name, "all"]));
      for (const { secret, key } of keys) {
        const some = wanted.get(secret) ?? new Set<string>();
        if (some !== "all") wanted.set(secret, some.add(key));
      }
      if (wanted.size > 0) openVault();
      const found: Record<string, Record<string, string>> = {};
      for (const [name, some] of wanted) {
        const values = liveSecret(await bucket.refresh(name))?.values ?? {};
        const chosen = Object.entries(values).filter(([key]) => some === "all" || some.has(key));
        found[name] = Object.fromEntries(chosen.map(([key, value]) => [key, opened(name, key, value)]));
      }
      return found;
    },
  };

  function list(): readonly LiveSecret[] {
    return bucket.all().flatMap((entry) => liveSecret(entry) ?? []);
  }

  /** `next` says what is to be there instead of what is. */
  async function change(
    name: string,
    { by, condition, onRemoval }: Changing,
    next: (before: Values, head: { readonly version: number; readonly by: string }) => Values,
  ): Promise<Changed> {
    let result: Changed = { action: "unchanged", version: 0, set: [], removed: [] };
    const successor = (current: StoredSecret | null): SecretEntry | null => {
      const live = liveSecret(current);
      const before = new Map(Object.entries(live?.values ?? {}));
      const revision = (current?.revision ?? 0) + 1;
      const after = next(before, { version: revision, by });
      refuseTooMuch(after);
      const set = [...after.keys()].filter((key) => after.get(key) !== before.get(key));
      const removed = [...before.keys()].filter((key) => !after.has(key));
      if (set.length + removed.length === 0) {
        result = { action: "unchanged", version: live?.revision ?? 0, set, removed };
        return null;
      }
      if (removed.length > 0) onRemoval(removed);
      const action = after.size === 0 ? "deleted" : live === null ? "created" : "changed";
      result = { action, version: revision, set, removed };
      const saved = { schema: entrySchema, revision, savedAt: now().toISOString(), savedBy: by } as const;
      return { ...saved, kind: "secret", name, values: after.size === 0 ? null : Object.fromEntries(after) };
    };
    const stored = await bucket.update(name, successor, checkFor(condition, name));
    if (result.removed.length > 0) await forgetEarlier(name);
    const { action, ...told } = result;
    if (stored !== null && action !== "unchanged") await tell({ name, action, at: stored.savedAt, by, ...told });
    return result;
  }

  function openVault(): { readonly dataKey: DataKey } {
    const { state } = vault;
    if (state.kind === "locked") throw new SecretsLocked(state.reason);
    return state;
  }

  function sealed(
    dataKey: DataKey,
    { name, key, value, version, by }: { name: string; key: string; value: string; version: number; by: string },
  ): SealedValue {
    const text = seal(dataKey.bytes, Buffer.from(value), belongings(name, key, version));
    return { version, setAt: now().toISOString(), setBy: by, key: dataKey.id, sealed: text };
  }

  /** One that does not open is not the same: it can be set again. */
  function holds(value: SealedValue | undefined, wanted: { name: string; key: string; value: string }): boolean {
    try {
      return value !== undefined && opened(wanted.name, wanted.key, value) === wanted.value;
    } catch {
      return false;
    }
  }

  function opened(name: string, key: string, value: SealedValue): string {
    const { dataKey } = openVault();
    try {
      if (dataKey.id === value.key)
        return open(dataKey.bytes, value.sealed, belongings(name, key, value.version)).toString();
    } catch {
      // What was changed in the store is as good as lost.
    }
    throw new SecretsLocked(
      `the value of ${name}/${key} does not open: it was encrypted with another key, or has been changed; set it again`,
    );
  }
}

function refuseTooMuch(values: Values): void {
  if (values.size > keysMax)
    throw new SecretsFull(`a secret has at most ${keysMax} keys, and this one would have ${values.size}`);
  const bytes = [...values.values()].reduce((sum, { sealed }) => sum + openedBytes(sealed), 0);
  if (bytes > valuesBytesMax)
    throw new SecretsFull(`a secret has at most ${valuesBytesMax} bytes, and this one would have ${bytes}`);
}

function belongings(name: string, key: string, version: number): readonly (string | number)[] {
  return ["drover secret", name, key, version];
}

function liveSecret(entry: StoredSecret | null): LiveSecret | null {
  return entry?.kind === "secret" && entry.values !== null ? { ...entry, values: entry.values } : null;
}

function checkFor(condition: Condition | null, name: string): ((current: StoredSecret | null) => void) | undefined {
  const check = checkOf(condition, "secret", name);
  return check && ((current) => check(current && { ...current, artifact: liveSecret(current) }));
}
