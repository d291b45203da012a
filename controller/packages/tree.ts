// The files of a folder of installed packages, in one order everywhere.
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** In an image that every instance of the workflow has; so many files take a second to be packed. */
export const filesMax = 20_000;
export const unpackedBytesMax = 268_435_456;

/** `path` with slashes, below the folder. */
export type TreeFile = { readonly path: string; readonly bytes: number; readonly isExecutable: boolean };

export type Tree = { readonly files: readonly TreeFile[]; readonly bytes: number };

/** What is neither file nor folder is left out. Stops counting behind the bounds. Names that begin with a dot at the top are npm's own. */
export async function treeOf(folder: string): Promise<Tree> {
  const files: TreeFile[] = [];
  let bytes = 0;
  await walk("");
  return { files, bytes };

  async function walk(below: string): Promise<void> {
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(unlessGone);
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (below === "" && entry.name.startsWith(".")) continue;
      if (isTooMuch({ files, bytes })) return;
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      if (!entry.isFile()) continue;
      // While npm is at work, files come and go.
      const found = await lstat(join(folder, path)).catch(() => null);
      if (found === null) continue;
      files.push({ path, bytes: found.size, isExecutable: (found.mode & 0o111) !== 0 });
      bytes += found.size;
    }
  }
}

export function isTooMuch({ files, bytes }: Tree): boolean {
  return files.length > filesMax || bytes > unpackedBytesMax;
}

function unlessGone(error: NodeJS.ErrnoException): never[] {
  if (error.code === "ENOENT") return [];
  throw error;
}
