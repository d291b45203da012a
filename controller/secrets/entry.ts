// What the bucket `secrets` holds: one entry for each secret, and the keyring under a name that no secret can have.
import type { Saved } from "../artifacts/entry.ts";

/** No name of a secret begins with an underscore. */
export const keyringName = "_keyring";

/** A value as it is stored; `version`: that of the secret when the value was set. */
export type SealedValue = {
  readonly version: number;
  readonly setAt: string;
  readonly setBy: string;
  /** Id of the data key. */
  readonly key: string;
  readonly sealed: string;
};

/** The revision is the version of the secret. `values` null: it has been deleted. */
export type SecretEntry = Saved & {
  readonly kind: "secret";
  readonly name: string;
  readonly values: Readonly<Record<string, SealedValue>> | null;
};

/** The data key of the installation, which seals all values, itself sealed with a master key. */
export type KeyringEntry = Saved & {
  readonly kind: "keyring";
  readonly dataKey: string;
  readonly masterKey: string;
  readonly sealed: string;
};

export type StoredSecret = SecretEntry | KeyringEntry;
