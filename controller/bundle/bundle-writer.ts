// Writes a bundle. All parts are made and measured first, as the manifest, which comes first, has their sizes and checksums.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";
import {
  type BundleManifest,
  type BundlePart,
  type BundledImage,
  bundleManifestName,
  bundleManifestOf,
  documentsPart,
  imagesPart,
} from "../../model/bundle.ts";
import type { LockedPackages } from "../packages/lock.ts";
import type { ImageArchive } from "../runtime/image-archive.ts";
import { type BundledDocument, imagesIn } from "./contents.ts";

export type WriterParts = {
  readonly version: string;
  readonly machine: string;
  readonly archiveOf: (packages: LockedPackages) => Promise<string>;
  /** Null: there is no engine that has any. */
  readonly images: ImageArchive | null;
  readonly now: () => Date;
};

/** A part that lies in a file of its own. */
type Made = BundlePart & { readonly path: string };

export type MadeBundle = { readonly manifest: BundleManifest; readonly parts: readonly Made[] };

/** `folder`: an empty one, which must be there until the bundle has been written. */
export async function makeBundle(
  documents: readonly BundledDocument[],
  folder: string,
  { version, machine, archiveOf, images, now }: WriterParts,
): Promise<MadeBundle> {
  const path = join(folder, documentsPart);
  await writeFile(path, JSON.stringify(documents));
  const parts = [await measured(documentsPart, path)];
  const packages = new Map(documents.flatMap(({ packages: one }) => (one ? [[one.id, one] as const] : [])));
  for (const one of packages.values()) parts.push(await measured(`packages/${one.id}.tar.gz`, await archiveOf(one)));
  const wanted = [...(images === null ? [] : [images.agentImage]), ...imagesIn(documents)];
  const found: BundledImage[] = [];
  for (const reference of wanted) {
    const digest = (await images?.digestOf(reference)) ?? null;
    if (digest !== null) found.push({ reference, digest });
  }
  if (images !== null && found.length > 0) {
    const archive = join(folder, imagesPart);
    const saving = await images.save(found.map(({ reference }) => reference));
    await pipeline(saving, createWriteStream(archive, { mode: 0o600 }));
    parts.push(await measured(imagesPart, archive));
  }
  const missing = wanted.filter((reference) => !found.some((one) => one.reference === reference));
  const namesOf = (kind: string): string[] =>
    documents.filter(({ document }) => document.kind === kind).map(({ document }) => document.name);
  const manifest = bundleManifestOf({
    version,
    madeAt: now().toISOString(),
    machine,
    breeds: namesOf("breed"),
    workflows: namesOf("workflow"),
    images: found,
    missing,
    parts: parts.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
  });
  return { manifest, parts };
}

/** As a stream of bytes, made while they are read. */
export function writeBundle({ manifest, parts }: MadeBundle): Pack {
  const archive = pack();
  const filling = async (): Promise<void> => {
    archive.entry({ name: bundleManifestName }, `${JSON.stringify(manifest, null, 2)}\n`);
    for (const { name, path, bytes } of parts)
      await pipeline(createReadStream(path), archive.entry({ name, size: bytes }));
    archive.finalize();
  };
  filling().catch((error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))));
  return archive;
}

async function measured(name: string, path: string): Promise<Made> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { name, path, bytes: (await stat(path)).size, sha256: hash.digest("hex") };
}
