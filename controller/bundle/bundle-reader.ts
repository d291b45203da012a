// Takes a bundle apart, into files, and believes nothing of it that its checksums do not say.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { type BundleManifest, type BundlePart, bundleManifestName, parseBundleManifest } from "../../model/bundle.ts";
import { BundleRefused, damaged } from "./bundle-problem.ts";

const manifestBytesMax = 4_194_304;

export type ReadBundle = {
  readonly manifest: BundleManifest;
  /** By the name of the part: the file that has it. */
  readonly files: ReadonlyMap<string, string>;
};

/** Rejects with BundleRefused when anything is missing, changed or more than it says. */
export async function readBundle(path: string, folder: string): Promise<ReadBundle> {
  const entries = extract();
  const source = createReadStream(path);
  // What is wrong with the tar itself is heard by whoever reads the entries.
  source.on("error", (error) => entries.destroy(error)).pipe(entries);
  let manifest: BundleManifest | null = null;
  const files = new Map<string, string>();
  try {
    for await (const entry of entries) {
      const { name, size } = entry.header;
      if (manifest === null) {
        manifest = await readManifest(entry, name, size);
        continue;
      }
      const part = manifest.parts[files.size];
      if (part?.name !== name || part.bytes !== size) throw damaged(name, partText(part), `${name} of ${size} bytes`);
      const file = join(folder, `part-${files.size}`);
      await take(entry, part, file);
      files.set(name, file);
    }
  } catch (error) {
    if (error instanceof BundleRefused) throw error;
    if (isSystemError(error)) throw error;
    throw damaged("bundle", "a whole bundle", `one that breaks off or is no tar (${String(error)})`);
  } finally {
    source.destroy();
  }
  if (manifest === null) throw damaged("bundle", "a bundle", "a file with nothing in it");
  const lacking = manifest.parts[files.size];
  if (lacking) throw damaged(lacking.name, partText(lacking), "a bundle that ends before it");
  return { manifest, files };
}

async function readManifest(entry: AsyncIterable<unknown>, name: string, size: number): Promise<BundleManifest> {
  if (name !== bundleManifestName || size > manifestBytesMax)
    throw damaged("bundle", `a bundle, which begins with ${bundleManifestName}`, `a tar that begins with ${name}`);
  const parsed = parseBundleManifest(await text(entry));
  if (!parsed.ok) throw new BundleRefused(parsed.problems);
  return parsed.value;
}

async function take(entry: AsyncIterable<unknown>, { name, sha256 }: BundlePart, path: string): Promise<void> {
  const hash = createHash("sha256");
  const hashed = async function* (chunks: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      const bytes = chunk as Uint8Array;
      hash.update(bytes);
      yield bytes;
    }
  };
  await pipeline(entry, hashed, createWriteStream(path, { mode: 0o600 }));
  const found = hash.digest("hex");
  if (found !== sha256) throw damaged(name, `contents with the SHA-256 ${sha256}`, found);
}

function partText(part: BundlePart | undefined): string {
  return part ? `${part.name} of ${part.bytes} bytes` : "the end of the bundle";
}

/** A full disk is no fault of the bundle. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
