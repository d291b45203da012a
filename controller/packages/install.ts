// Names and ranges become a lock, and a lock becomes files; both with the machine's npm, in a folder that is thrown away.
//
//   I1. What is installed is what a lock that was checked says: first the lock is made, then it is followed.
//   I2. An installation ends: in time, and before it has filled the disk.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import type { NpmRanges } from "../../model/npm.ts";
import { type LockedPackages, PackagesRefused, lockTextOf, lockedPackages, rangesIn } from "./lock.ts";
import { type Npm, NpmUnavailable } from "./npm-command.ts";
import { type Tree, filesMax, isTooMuch, treeOf, unpackedBytesMax } from "./tree.ts";

/** Somebody waits for the answer to a save. */
const installMsMax = 120_000;
/** How often the files are counted while they are written. */
const countEveryMs = 1_000;
const lockFile = "package-lock.json";

export type Installer = {
  /** The newest versions in the ranges. */
  resolve(ranges: NpmRanges, folder: string): Promise<LockedPackages>;
  /** Into `node_modules` of the folder. */
  install(packages: LockedPackages, folder: string): Promise<Tree>;
};

/** `target`: of the machine that the files are for, as parameters of npm; none for this one. */
export function createInstaller(npm: Npm, target: readonly string[], stopping: AbortSignal): Installer {
  return {
    async resolve(ranges, folder) {
      await mkdir(folder, { recursive: true });
      await writeManifest(folder, ranges);
      await inTime((signal) => npm.run(["install", "--package-lock-only", ...target], folder, signal));
      return lockedPackages(await readFile(join(folder, lockFile), "utf8"));
    },
    async install(packages, folder) {
      await mkdir(folder, { recursive: true });
      const text = lockTextOf(packages);
      await writeFile(join(folder, lockFile), text);
      await writeManifest(folder, rangesIn(text));
      const modules = join(folder, "node_modules");
      await inTime(async (signal) => {
        const installed = new AbortController();
        const tooMuch = new AbortController();
        const counting = countUntil(installed.signal, modules, tooMuch);
        try {
          const either = AbortSignal.any([signal, tooMuch.signal]);
          await npm.run(["ci", "--prefer-offline", ...target], folder, either);
        } finally {
          installed.abort();
          await counting;
        }
      });
      return refuseTooMuch(await treeOf(modules));
    },
  };

  async function inTime(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const late = AbortSignal.timeout(installMsMax);
    try {
      await work(AbortSignal.any([late, stopping]));
    } catch (error) {
      if (stopping.aborted) throw new NpmUnavailable("the controller is stopping", { cause: error });
      if (late.aborted)
        throw new NpmUnavailable(`npm was not done with the packages after ${installMsMax / 1_000} s`, {
          cause: error,
        });
      throw error;
    }
  }
}

async function countUntil(done: AbortSignal, folder: string, tooMuch: AbortController): Promise<void> {
  while (!done.aborted) {
    await later(countEveryMs, undefined, { signal: done, ref: false }).catch(() => {});
    try {
      refuseTooMuch(await treeOf(folder));
    } catch (error) {
      return tooMuch.abort(error);
    }
  }
}

function refuseTooMuch(tree: Tree): Tree {
  if (!isTooMuch(tree)) return tree;
  const most = `${filesMax} files and ${unpackedBytesMax / 1_048_576} MiB are the most`;
  throw new PackagesRefused([`the packages have too many files or bytes; ${most}`]);
}

function writeManifest(folder: string, dependencies: NpmRanges): Promise<void> {
  const sorted = Object.fromEntries(Object.entries(dependencies).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const manifest = { name: "breed", version: "0.0.0", private: true, dependencies: sorted };
  return writeFile(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}
