// Installed packages, kept in the controller's home as archives that are named by their lock.
//
//   S1. An archive is there as a whole or not at all: it is written under another name first, and what a controller left half
//       done is removed when the next one starts.
//   S2. The archives are a cache. The truth is the lock that is stored with the breed: from it the same files are installed again,
//       where an archive is missing and a registry is not.
//   S3. What a breed or deployment needs stays. What nothing needs goes after a while, the longest unused first.
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { NpmRanges } from "../../model/npm.ts";
import { createOncePerKey } from "../runtime/once-per-key.ts";
import { createStartSlots } from "../runtime/start-slots.ts";
import { writeArchive } from "./archive.ts";
import type { Installer } from "./install.ts";
import { type LockedPackages, lockTextOf } from "./lock.ts";

/** Each is a Node of its own, which keeps a core busy. */
const installsAtOnceMax = 2;
/** A revision that is brought back after this may need the registry. */
const unusedMsMax = 30 * 86_400_000;
/** Of archives that nothing needs. */
const unusedBytesMax = 2_147_483_648;
const suffix = ".tar.gz";

export type PackageStore = {
  /** The newest versions in the ranges, installed. Rejects with PackagesRefused or NpmUnavailable, and nothing is kept then. */
  lock(ranges: NpmRanges): Promise<LockedPackages>;
  /** The path of their archive, which is there then. Rejects as `lock` does when it must be made again and cannot. */
  readonly archive: (packages: LockedPackages) => Promise<string>;
  /** Takes a file that holds the archive of these packages, from the same file system. */
  adopt(packages: LockedPackages, path: string): Promise<void>;
  /** Removes what is unused. `needed`: ids. */
  sweep(needed: ReadonlySet<string>, nowMs: number): Promise<void>;
};

/** `machine`: what the files are for, `linux-x64`: two machines that share a home do not share these. */
export async function openPackageStore(
  { home, machine, log }: { readonly home: string; readonly machine: string; readonly log: (line: string) => void },
  installer: Installer,
): Promise<PackageStore> {
  const kept = join(home, "npm");
  const work = join(kept, "work");
  // The npm of a controller that was killed may still be at it; what it writes then goes at the next start.
  await rm(work, { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) => log(String(error)));
  await mkdir(work, { recursive: true, mode: 0o700 });
  const onceLocked = createOncePerKey<LockedPackages>();
  const onceArchived = createOncePerKey<string>();
  const slots = createStartSlots(installsAtOnceMax);
  const pathOf = ({ id }: LockedPackages): string => join(kept, `${id}-${machine}${suffix}`);

  return {
    lock(ranges) {
      const key = JSON.stringify(Object.entries(ranges).toSorted(([a], [b]) => (a < b ? -1 : 1)));
      return onceLocked(key, () =>
        slots.run(() =>
          inFolder(async (folder) => {
            log(`installing npm packages: ${Object.keys(ranges).join(", ")}`);
            const packages = await installer.resolve(ranges, folder);
            if (!(await isKept(packages))) await make(packages, folder);
            return packages;
          }),
        ),
      );
    },
    archive(packages) {
      return onceArchived(packages.id, async () => {
        if (!(await isKept(packages))) {
          log(`installing the npm packages ${packages.id} again, as their archive is not here`);
          await slots.run(() => inFolder((folder) => make(packages, folder)));
        }
        return pathOf(packages);
      });
    },
    async adopt(packages, path) {
      lockTextOf(packages);
      await rename(path, pathOf(packages));
    },
    async sweep(needed, nowMs) {
      const unused = (await archives()).filter(({ id }) => !needed.has(id));
      let bytes = 0;
      for (const { path, usedMs, size } of unused.toSorted((a, b) => b.usedMs - a.usedMs)) {
        bytes += size;
        if (nowMs - usedMs > unusedMsMax || bytes > unusedBytesMax) await rm(path, { force: true });
      }
    },
  };

  /** In the folder, where the lock may have been made already. */
  async function make(packages: LockedPackages, folder: string): Promise<void> {
    const tree = await installer.install(packages, folder);
    const unfinished = join(folder, `archive${suffix}`);
    await writeArchive(unfinished, folder, tree);
    await rename(unfinished, pathOf(packages));
  }

  /** Its time says when it was asked for last. */
  async function isKept(packages: LockedPackages): Promise<boolean> {
    const now = new Date();
    return utimes(pathOf(packages), now, now).then(
      () => true,
      () => false,
    );
  }

  async function inFolder<T>(job: (folder: string) => Promise<T>): Promise<T> {
    const folder = join(work, randomUUID());
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      return await job(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async function archives(): Promise<{ id: string; path: string; usedMs: number; size: number }[]> {
    const names = (await readdir(kept)).filter((name) => name.endsWith(suffix));
    return Promise.all(
      names.map(async (name) => {
        const path = join(kept, name);
        const { mtimeMs, size } = await stat(path);
        return { id: name.slice(0, name.indexOf("-")), path, usedMs: mtimeMs, size };
      }),
    );
  }
}
