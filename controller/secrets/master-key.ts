// The key that opens all others: from DROVER_MASTER_KEY, or from a file in DROVER_HOME that nobody but its owner reads.
//
//   K1. There may be several. The first one seals; the others open what an earlier one sealed.
//   K2. It is never stored in NATS, so a backup without this file, or variable, opens nothing.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { writePrivateFile } from "../identity/private-file.ts";

const keyBytes = 32;
const othersMode = 0o077;
const idChars = 8;
const expected = `${keyBytes} bytes in base64 or hex, such as: openssl rand -base64 ${keyBytes}`;

/** `id`: by which it is told from others; nothing of the key can be found out from it. */
export type MasterKey = { readonly id: string; readonly bytes: Buffer };

/** Whatever stands between commas, spaces and line ends. What is wrong never shows what was written. */
export function parseMasterKeys(text: string): { readonly keys: readonly MasterKey[] } | { readonly wrong: string } {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const keys = words.flatMap((word) => masterKeyOf(word) ?? []);
  if (words.length > 0 && keys.length === words.length) return { keys };
  return { wrong: `expected ${expected}, got ${words.length === 0 ? "nothing" : "something else"}` };
}

export function newMasterKey(): MasterKey {
  return withId(randomBytes(keyBytes));
}

export const masterKeyPath = (home: string): string => join(home, "master.key");

/** None when there is no file. Throws when there is one that cannot be used. */
export function readMasterKeyFile(home: string): readonly MasterKey[] {
  const path = masterKeyPath(home);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const parsed = parseMasterKeys(text);
  if ("keys" in parsed) return parsed.keys;
  throw new Error(`${path}: ${parsed.wrong}; restore it from where it is kept, or move it away`);
}

export function writeMasterKeyFile(home: string, keys: readonly MasterKey[]): void {
  writePrivateFile(masterKeyPath(home), keys.map(({ bytes }) => `${bytes.toString("base64")}\n`).join(""));
}

export function isReadableByOthers(home: string): boolean {
  const file = statSync(masterKeyPath(home), { throwIfNoEntry: false });
  return file !== undefined && (file.mode & othersMode) !== 0;
}

function masterKeyOf(word: string): MasterKey | null {
  const isHex = /^[0-9a-f]{64}$/i.test(word);
  if (!isHex && !/^[\w+/-]{43}=?$/.test(word)) return null;
  const bytes = Buffer.from(word, isHex ? "hex" : "base64");
  return bytes.length === keyBytes ? withId(bytes) : null;
}

function withId(bytes: Buffer): MasterKey {
  const id = createHash("sha256").update("drover master key\0").update(bytes).digest("hex").slice(0, idChars);
  return { id, bytes };
}
