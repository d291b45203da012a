// Installed packages as one file: a tar, gzipped, with everything below `node_modules/`. The same files give the same bytes.
import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import type { Tree } from "./tree.ts";

const modulesFolder = "node_modules";
const beginning = new Date(0);

/** Resolves when it is on the disk. `folder` is the one that `node_modules` lies in. */
export async function writeArchive(path: string, folder: string, { files }: Tree): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createGzip(), createWriteStream(path, { flags: "wx", mode: 0o600, flush: true }));
  const filled = fill();
  await Promise.all([filled, written]);

  async function fill(): Promise<void> {
    try {
      archive.entry({ name: modulesFolder, type: "directory", mode: 0o755, mtime: beginning });
      for (const { path: below, bytes, isExecutable } of files) {
        const name = `${modulesFolder}/${below}`;
        const entry = archive.entry({ name, size: bytes, mode: isExecutable ? 0o755 : 0o644, mtime: beginning });
        await pipeline(createReadStream(join(folder, name)), entry);
      }
      archive.finalize();
    } catch (error) {
      archive.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }
}
