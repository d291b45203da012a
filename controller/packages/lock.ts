// What a breed's npm packages are, down to the last dependency: a package-lock.json, kept with the breed's revision.
//
//   L1. The same id is the same packages with the same checksums, wherever and whenever they are installed.
//   L2. A lock has packages of a registry only: one that was reached in any other way has no version that is known to stay.
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import type { NpmRanges } from "../../model/npm.ts";
import { isObject } from "../../model/reader.ts";

/** It lies in the entry of the breed, and in that of every workflow that runs it, beside all else: one message. */
const lockBytesMax = 65_536;
const packagesMax = 500;
/** Of a lock that is read back: what was kept is far smaller. */
const lockTextBytesMax = 4_194_304;
const idChars = 16;
const lockVersion = 3;

export type LockedPackages = {
  /** Hash of the lock. */
  readonly id: string;
  /** package-lock.json, gzipped, in base64. */
  readonly lock: string;
};

/** `path`: below `node_modules`, where the package lies. */
export type LockedPackage = { readonly path: string; readonly version: string; readonly integrity: string | null };

/** Why packages cannot be had as they are named, in one sentence each. */
export class PackagesRefused extends Error {
  readonly reasons: readonly string[];
  constructor(reasons: readonly string[]) {
    super(reasons.join("; "));
    this.reasons = reasons;
  }
}

/** From the text that npm wrote. Throws PackagesRefused when there is something in it that must not be. */
export function lockedPackages(text: string): LockedPackages {
  const entries = entriesOf(text);
  const reasons = entries.flatMap(([path, entry]) => whyNot(path, entry));
  if (entries.length > packagesMax) reasons.push(`${entries.length} packages are needed; ${packagesMax} are the most`);
  if (reasons.length > 0) throw new PackagesRefused(reasons);
  const lock = gzipSync(text, { level: 9 }).toString("base64");
  if (lock.length > lockBytesMax)
    throw new PackagesRefused([`the list of all packages takes ${lock.length} bytes; ${lockBytesMax} are the most`]);
  return { id: idOf(text), lock };
}

/** The text of a lock. Throws when it is not the one of that id. */
export function lockTextOf({ id, lock }: LockedPackages): string {
  const text = gunzipSync(Buffer.from(lock, "base64"), { maxOutputLength: lockTextBytesMax }).toString();
  if (idOf(text) !== id) throw new Error(`the lock of the npm packages ${id} is another one`);
  return text;
}

/** In order of their paths. */
export function packagesIn(packages: LockedPackages): readonly LockedPackage[] {
  return entriesOf(lockTextOf(packages)).map(([path, { version, integrity }]) => ({
    path: path.slice("node_modules/".length),
    version: String(version),
    integrity: typeof integrity === "string" ? integrity : null,
  }));
}

/** Whether it was made from these ranges; null from none. */
export function isLockOf(packages: LockedPackages | null, ranges: NpmRanges): boolean {
  return isDeepStrictEqual(packages === null ? {} : rangesIn(lockTextOf(packages)), ranges);
}

/** A lock repeats what it was made from. */
export function rangesIn(text: string): NpmRanges {
  const { packages } = JSON.parse(text) as { packages: { "": { dependencies?: NpmRanges } } };
  return packages[""].dependencies ?? {};
}

function idOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, idChars);
}

type Entry = Readonly<Record<string, unknown>>;

/** All but the root, which is the breed. */
function entriesOf(text: string): (readonly [path: string, entry: Entry])[] {
  const lock: unknown = JSON.parse(text);
  if (!isObject(lock) || lock["lockfileVersion"] !== lockVersion || !isObject(lock["packages"]))
    throw new Error(`expected a package-lock.json of version ${lockVersion}`);
  return Object.entries(lock["packages"])
    .filter((entry): entry is [string, Entry] => entry[0] !== "" && isObject(entry[1]))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** npm was told to leave out where a package of the registry is; what says where it is came from elsewhere. */
function whyNot(path: string, { link, resolved, integrity, version, inBundle }: Entry): string[] {
  const name = path.split("node_modules/").at(-1) ?? path;
  const isFromRegistry =
    path.startsWith("node_modules/") &&
    link !== true &&
    resolved === undefined &&
    // One that lies in the archive of another is in the checksum of that one.
    (typeof integrity === "string" || inBundle === true) &&
    typeof version === "string";
  return isFromRegistry
    ? []
    : [`${name} is not a version of the registry but an address of its own, which is not taken`];
}
