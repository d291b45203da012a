// The data key, and how it is opened: `open` with a master key that is here, or `locked`, with the reason for people. All controllers
// of one NATS share the data key; each needs the master key that it is sealed with.
//
//   V1. A master key is in its file before anything is sealed with it, and stays there until a controller has started with what
//       was sealed with the next one. So whoever is killed during a rotation, and whatever a server that is killed forgets,
//       the next start finds the key that it needs, and finishes the rotation.
//   V2. A vault that is locked changes nothing. Only where no secret is left does a rotation begin anew with another data key.
//   V3. After a rotation nothing in the bucket opens with the earlier master key.
import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import type { Bucket } from "../artifacts/bucket.ts";
import { entrySchema } from "../artifacts/entry.ts";
import { open, seal } from "./cipher.ts";
import { type KeyringEntry, type StoredSecret, keyringName } from "./entry.ts";
import {
  type MasterKey,
  isReadableByOthers,
  masterKeyPath,
  newMasterKey,
  readMasterKeyFile,
  writeMasterKeyFile,
} from "./master-key.ts";

const dataKeyBytes = 32;
const idBytes = 4;

export type DataKey = { readonly id: string; readonly bytes: Buffer };

export type VaultState =
  | { readonly kind: "open"; readonly dataKey: DataKey; readonly masterKey: string }
  | { readonly kind: "locked"; readonly reason: string };

export type Rotated =
  | { readonly kind: "rotated"; readonly before: string; readonly now: string }
  | { readonly kind: "refused"; readonly reason: string };

export type Vault = {
  readonly state: VaultState;
  /** Seals the data key with a new master key. `isEmpty`: no secret is left that another data key could not open. */
  rotate(by: string, isEmpty: boolean): Promise<Rotated>;
};

export type VaultParts = {
  readonly bucket: Bucket<StoredSecret>;
  readonly home: string;
  /** From the environment; null: the file has them. */
  readonly given: readonly MasterKey[] | null;
  /** Removes the earlier entries of the keyring. */
  readonly forgetEarlier: (name: string) => Promise<void>;
  readonly now: () => Date;
  readonly log: Logger;
};

/** Throws when a master key is there that cannot be read. */
export async function openVault(parts: VaultParts): Promise<Vault> {
  const { bucket, home, given, now, log } = parts;
  let keys = given ?? readMasterKeyFile(home);
  let state = await begin();
  bucket.onChange((name) => {
    if (name === keyringName) state = opened();
  });
  if (state.kind === "locked") log.warn({ reason: state.reason }, "secrets are locked");
  else await parts.forgetEarlier(keyringName);
  if (given === null && isReadableByOthers(home))
    log.warn({ path: masterKeyPath(home) }, "the master key can be read by others: chmod 600");

  return {
    get state() {
      return state;
    },
    async rotate(by, isEmpty) {
      if (given !== null) return { kind: "refused", reason: howToRotateGiven };
      if (state.kind === "locked" && !isEmpty) return { kind: "refused", reason: state.reason };
      const before = keyring()?.masterKey ?? "none";
      const next = newMasterKey();
      keep([next, ...keys]);
      const dataKey = state.kind === "open" ? state.dataKey : newDataKey();
      await store(dataKey, { next, before, by });
      state = opened();
      if (state.kind === "locked") return { kind: "refused", reason: state.reason };
      return { kind: "rotated", before, now: state.masterKey };
    },
  };

  /** Makes what the first start makes, and finishes a rotation that broke off. */
  async function begin(): Promise<VaultState> {
    if ((await bucket.refresh(keyringName)) === null) {
      if (keys.length === 0) keep([newMasterKey()]);
      const [next] = keys;
      if (next) await store(newDataKey(), { next, before: null, by: "drover" });
    }
    const found = opened();
    const [first] = keys;
    if (found.kind === "locked" || first === undefined) return found;
    if (found.masterKey === first.id) {
      if (given === null && keys.length > 1) keep([first]);
      return found;
    }
    await store(found.dataKey, { next: first, before: found.masterKey, by: "drover" });
    log.info({ before: found.masterKey, now: first.id }, "the master key was rotated");
    return opened();
  }

  function keep(kept: readonly MasterKey[]): void {
    writeMasterKeyFile(home, kept);
    keys = kept;
  }

  function keyring(): KeyringEntry | null {
    const entry = bucket.get(keyringName);
    return entry?.kind === "keyring" ? entry : null;
  }

  /** Stores nothing when the data key is sealed with another master key than `before` by now (null: when there is any). */
  async function store(
    dataKey: DataKey,
    { next, before, by }: { readonly next: MasterKey; readonly before: string | null; readonly by: string },
  ): Promise<void> {
    await bucket.update(keyringName, (current) => {
      if ((current?.kind === "keyring" ? current.masterKey : null) !== before) return null;
      return {
        schema: entrySchema,
        revision: (current?.revision ?? 0) + 1,
        savedAt: now().toISOString(),
        savedBy: by,
        kind: "keyring",
        dataKey: dataKey.id,
        masterKey: next.id,
        sealed: seal(next.bytes, dataKey.bytes, belongings(dataKey.id, next.id)),
      };
    });
    await parts.forgetEarlier(keyringName);
  }

  function opened(): VaultState {
    const entry = keyring();
    if (entry === null) return { kind: "locked", reason: "the keyring is not there" };
    const key = keys.find(({ id }) => id === entry.masterKey);
    if (key === undefined) return { kind: "locked", reason: lacks(entry.masterKey) };
    try {
      const bytes = open(key.bytes, entry.sealed, belongings(entry.dataKey, key.id));
      return { kind: "open", dataKey: { id: entry.dataKey, bytes }, masterKey: key.id };
    } catch {
      return { kind: "locked", reason: `the keyring in NATS is damaged: master key ${key.id} does not open it` };
    }
  }

  function lacks(id: string): string {
    const where = given === null ? `${masterKeyPath(home)} has` : "DROVER_MASTER_KEY has";
    const others = keys.length === 0 ? "none" : keys.map((one) => one.id).join(", ");
    return (
      `the secrets in this NATS are encrypted with master key ${id}, and ${where} ${others}; ` +
      `copy master.key from the controller that made it, or from where it is kept, and start again`
    );
  }
}

const howToRotateGiven =
  "the master key comes from DROVER_MASTER_KEY: set it to NEW,OLD (a new key, a comma, the present one) and start the controller " +
  "again; when it has started, OLD can go";

function newDataKey(): DataKey {
  return { id: randomBytes(idBytes).toString("hex"), bytes: randomBytes(dataKeyBytes) };
}

function belongings(dataKey: string, masterKey: string): readonly string[] {
  return ["drover data key", dataKey, masterKey];
}
