// The three key pairs behind all identities of an installation, made once and kept in a file that only its owner reads.
import { createAccount, createOperator } from "@nats-io/nkeys";
import { readFileSync } from "node:fs";
import { writePrivateFile } from "./private-file.ts";

/** Seeds in NATS nkey form (`SO…`, `SA…`). Whoever has the account seed can mint any identity of the installation. */
export type AuthorityKeys = {
  readonly operatorSeed: string;
  readonly accountSeed: string;
  readonly systemSeed: string;
};

export function loadOrCreateKeys(path: string): AuthorityKeys {
  return readKeys(path) ?? createKeys(path);
}

export function readKeys(path: string): AuthorityKeys | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const keys = JSON.parse(text) as Partial<AuthorityKeys>;
  if (!keys.operatorSeed || !keys.accountSeed || !keys.systemSeed) {
    throw new Error(
      `${path} does not hold the three seeds it should; restore it from a backup, or move it away to start a new authority`,
    );
  }
  return { operatorSeed: keys.operatorSeed, accountSeed: keys.accountSeed, systemSeed: keys.systemSeed };
}

function createKeys(path: string): AuthorityKeys {
  const seed = (pair: { getSeed(): Uint8Array }): string => new TextDecoder().decode(pair.getSeed());
  const keys = {
    operatorSeed: seed(createOperator()),
    accountSeed: seed(createAccount()),
    systemSeed: seed(createAccount()),
  };
  writePrivateFile(path, JSON.stringify(keys));
  return keys;
}
