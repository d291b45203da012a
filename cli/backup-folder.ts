// The folder of a backup: one file for each stream, and the manifest, which is written last.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type BackupManifest, manifestFile, parseManifest } from "../model/backup.ts";
import { problemText } from "../model/problem.ts";
import { Failure } from "./failure.ts";

/** Makes the folder. Throws Failure when it holds anything. */
export async function newFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await readdir(path);
  if (found.length === 0) return;
  const what = found.includes(manifestFile) ? "a backup" : `${found.length} files`;
  throw new Failure(`${path}: expected an empty folder, got one with ${what}; name one that is new`, 2);
}

/** Resolves when all is on the disk, with its size and sum. */
export async function writeCopy(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  const measured = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  await pipeline(measured(), createWriteStream(path, { flags: "wx", mode: 0o600, flush: true }));
  return { bytes, sha256: hash.digest("hex") };
}

/** In one step: a manifest is there as a whole or not at all. */
export async function writeManifest(folder: string, manifest: BackupManifest): Promise<void> {
  const path = join(folder, manifestFile);
  const unfinished = `${path}.unfinished`;
  await writeFile(unfinished, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(unfinished, path).catch(async (error: unknown) => {
    await rm(unfinished, { force: true });
    throw error;
  });
}

/** Throws Failure for a folder without a whole backup, naming every file that is missing, short or changed. */
export async function verifiedManifest(folder: string): Promise<BackupManifest> {
  const path = join(folder, manifestFile);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new Failure(`${folder}: there is no whole backup here (no ${manifestFile}); the backup was not finished`);
  });
  const parsed = parseManifest(text, path);
  if (!parsed.ok) throw new Failure(parsed.problems.map(problemText).join("\n"));
  const wrong: string[] = [];
  for (const { file, bytes, sha256 } of parsed.value.streams) {
    const found = await sumOf(join(folder, file));
    if (found === null) wrong.push(`${join(folder, file)}: the file is missing`);
    else if (found.bytes !== bytes) wrong.push(`${join(folder, file)}: expected ${bytes} bytes, got ${found.bytes}`);
    else if (found.sha256 !== sha256) wrong.push(`${join(folder, file)}: its contents were changed (SHA-256)`);
  }
  if (wrong.length > 0) throw new Failure([...wrong, "this backup is damaged; take another one"].join("\n"));
  return parsed.value;
}

async function sumOf(path: string): Promise<{ bytes: number; sha256: string } | null> {
  const size = await stat(path).catch(() => null);
  if (size === null) return null;
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { bytes: size.size, sha256: hash.digest("hex") };
}
