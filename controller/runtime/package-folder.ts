// npm packages as files, for agents that run without a container. The folders lie where agent-folder.ts puts the agent, for its reasons.
//
//   F1. A folder is complete or not there: it is filled under another name first.
//   F2. It is named by its content, and so may be shared by controllers. Each says every hour which it needs; one that nobody has needed
//       for a week goes.
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import type { LockedPackages } from "../packages/lock.ts";
import { createOncePerKey } from "./once-per-key.ts";
import { type ArchiveOf, packageArchive } from "./package-files.ts";
import { StartError } from "./runtime.ts";

const readableByAll = 0o755;
const unusedMsMax = 7 * 86_400_000;
const prefix = "drover-npm-";

export type PackageFolders = {
  /** The `node_modules` that has them. */
  ensure(packages: LockedPackages): Promise<string>;
  /** Says that these are needed, and removes what nobody needs. */
  tidy(needed: readonly LockedPackages[], nowMs: number): Promise<void>;
};

export function createPackageFolders(options: { home: string; archiveOf?: ArchiveOf }): PackageFolders {
  const once = createOncePerKey<string>();
  const parent = process.getuid?.() === 0 ? tmpdir() : options.home;

  return {
    ensure: (packages) =>
      once(packages.id, async () => {
        const folder = join(parent, `${prefix}${packages.id}`);
        const modules = join(folder, "node_modules");
        const found = await lstat(folder).catch(() => null);
        // In a folder for everybody, somebody else may have put something there under this name.
        if (found && (found.uid !== process.getuid?.() || !found.isDirectory()))
          throw new StartError(
            "refused",
            `${folder} belongs to somebody else; remove it, or set TMPDIR to another folder`,
          );
        if (found) return modules;
        const archive = await packageArchive(options.archiveOf, packages);
        const unfinished = await mkdtemp(`${folder}-`);
        try {
          await unpack(archive, unfinished);
          await chmod(unfinished, readableByAll);
          // Another controller may have been quicker, with the same content.
          await rename(unfinished, folder).catch((error: NodeJS.ErrnoException) => {
            if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
          });
        } finally {
          await rm(unfinished, { recursive: true, force: true });
        }
        return modules;
      }),
    async tidy(needed, nowMs) {
      const now = new Date(nowMs);
      for (const { id } of needed) await utimes(join(parent, `${prefix}${id}`), now, now).catch(() => {});
      for (const name of (await readdir(parent)).filter((one) => one.startsWith(prefix))) {
        const path = join(parent, name);
        const found = await lstat(path).catch(() => null);
        const isOurs = found?.isDirectory() && found.uid === process.getuid?.();
        if (found && isOurs && nowMs - found.mtimeMs > unusedMsMax) await rm(path, { recursive: true, force: true });
      }
    },
  };
}

/** Of an archive that Drover wrote: files and one folder. */
async function unpack(archive: string, folder: string): Promise<void> {
  const entries = extract();
  const reading = pipeline(createReadStream(archive), createGunzip(), entries);
  const writing = (async () => {
    for await (const entry of entries) {
      const { name, type, mode } = entry.header;
      const path = join(folder, name);
      if (!path.startsWith(`${folder}/`)) throw new Error(`the archive has a file outside of its folder: ${name}`);
      if (type === "file") {
        await mkdir(dirname(path), { recursive: true });
        await pipeline(entry, createWriteStream(path, { mode }));
      } else entry.resume();
    }
  })();
  await Promise.all([reading, writing]);
}
