// Bundles: breeds and workflows with all that they need to run, as one file, for an installation that reaches no registry.
//
//   B1. Loading changes nothing before the whole bundle was verified and its documents were checked as those of any save are. Images
//       come into the engine next, packages into the cache, and the documents last.
//   B2. Nothing of a bundle is run. What its workflows do then is what workflows do that are applied.
//   B3. What lies on the disk meanwhile is removed however it ends; of a controller that was killed, by the next one.
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Artifact } from "../../model/artifact.ts";
import { type BundleManifest, documentsPart, imagesPart } from "../../model/bundle.ts";
import { type Applied, type Artifacts, checkArtifacts, saveArtifacts } from "../artifacts/apply.ts";
import { type LockedPackages, isLockOf } from "../packages/lock.ts";
import type { PackageStore } from "../packages/store.ts";
import type { ImageArchive } from "../runtime/image-archive.ts";
import { StartError } from "../runtime/runtime.ts";
import { BundleRefused, BundlesBusy, damaged } from "./bundle-problem.ts";
import { type ReadBundle, readBundle } from "./bundle-reader.ts";
import { makeBundle, writeBundle } from "./bundle-writer.ts";
import { type BundledDocument, type Selection, parseContents, selectContents } from "./contents.ts";
import { type Uploads, createUploads } from "./uploads.ts";

/** Each has all its images on the disk once more. */
const savesAtOnceMax = 2;

export type Loaded = {
  readonly manifest: BundleManifest;
  /** Null: they were not to be applied. */
  readonly applied: readonly Applied[] | null;
};

export type Bundles = {
  /** The bytes of a bundle; `chunks` must be read to their end or destroyed. Rejects with BundleRefused. */
  save(selection: Selection): Promise<{ readonly manifest: BundleManifest; readonly chunks: Readable }>;
  readonly uploads: Pick<Uploads, "begin" | "add" | "drop">;
  /** Rejects with BundleRefused, and nothing is stored then. */
  load(upload: string, options: { readonly by: string; readonly apply: boolean }): Promise<Loaded>;
};

export type BundlesParts = {
  readonly artifacts: Artifacts;
  readonly packages: Pick<PackageStore, "archive" | "adopt">;
  readonly images: ImageArchive | null;
  readonly home: string;
  readonly version: string;
  readonly machine: string;
  readonly now: () => Date;
};

export async function openBundles(parts: BundlesParts): Promise<Bundles> {
  const { artifacts, packages, images, machine } = parts;
  const parent = join(parts.home, "bundles");
  await rm(parent, { recursive: true, force: true });
  const uploads = createUploads(parent);
  let saves = 0;

  return {
    uploads,
    async save(selection) {
      const selected = selectContents(selection, artifacts);
      if (!selected.ok) throw new BundleRefused(selected.problems);
      if (saves >= savesAtOnceMax) throw new BundlesBusy(`${savesAtOnceMax} bundles are being saved; try again later`);
      saves += 1;
      const folder = join(parent, randomUUID());
      const over = async (): Promise<void> => {
        saves -= 1;
        await rm(folder, { recursive: true, force: true });
      };
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const made = await makeBundle(selected.value, folder, { ...parts, archiveOf: packages.archive });
        const chunks = Readable.from(writeBundle(made), { objectMode: false });
        chunks.once("close", () => void over().catch(() => {}));
        return { manifest: made.manifest, chunks };
      } catch (error) {
        await over();
        throw error;
      }
    },
    load: (upload, { by, apply }) =>
      uploads.take(upload, async (path, folder) => {
        const bundle = await readBundle(path, folder);
        const documents = await documentsOf(bundle);
        refuseOtherMachine(bundle.manifest);
        const wanted = apply ? checkedDocuments(documents) : [];
        const locked = lockedOf(wanted, documents);
        const archive = bundle.files.get(imagesPart);
        if (archive !== undefined && images !== null) await loadImages(images, archive, bundle.manifest);
        for (const { packages: one } of documents) if (one) await adopt(one, bundle);
        if (!apply) return { manifest: bundle.manifest, applied: null };
        return { manifest: bundle.manifest, applied: await saveArtifacts(wanted, artifacts, by, { locked }) };
      }),
  };

  function checkedDocuments(documents: readonly BundledDocument[]): Artifact[] {
    const found = documents.map(({ document }) => ({ path: `${document.kind}s.${document.name}`, value: document }));
    const checked = checkArtifacts(found, { kind: null, name: null }, artifacts);
    if (!checked.ok) throw new BundleRefused(checked.problems);
    return checked.value;
  }

  function refuseOtherMachine(manifest: BundleManifest): void {
    const isAnywhere = manifest.parts.every(({ name }) => name === documentsPart);
    if (isAnywhere || manifest.machine === machine) return;
    const fix = "save the bundle on a machine of the same kind";
    throw new BundleRefused([{ path: "manifest.json.machine", expected: machine, got: manifest.machine, fix }]);
  }

  async function adopt(one: LockedPackages, { files }: ReadBundle): Promise<void> {
    const path = files.get(`packages/${one.id}.tar.gz`);
    // Two breeds may have the same.
    if (path !== undefined) await packages.adopt(one, path).catch(unlessGone);
  }
}

/** With packages that are in the bundle and are those that the documents name. */
async function documentsOf({ files, manifest }: ReadBundle): Promise<BundledDocument[]> {
  const path = files.get(documentsPart);
  const documents = path === undefined ? null : parseContents(await readFile(path, "utf8"));
  if (documents === null) throw damaged(documentsPart, "the documents of a bundle", "something else");
  for (const { packages } of documents) {
    const part = packages && `packages/${packages.id}.tar.gz`;
    if (part && !files.has(part)) throw damaged(part, `a part of ${manifest.parts.length}`, "none");
  }
  return documents;
}

function lockedOf(
  artifacts: readonly Artifact[],
  documents: readonly BundledDocument[],
): ReadonlyMap<Artifact, LockedPackages> {
  const locked = new Map<Artifact, LockedPackages>();
  for (const artifact of artifacts) {
    const { kind, name } = artifact;
    const packages = documents.find(({ document }) => document.kind === kind && document.name === name)?.packages;
    const breed = artifact.kind === "breed" ? artifact.breed : artifact.workflow.breed;
    const npm = "reference" in breed ? {} : (breed.deployable.npm ?? {});
    if (!isLockOf(packages ?? null, npm))
      throw damaged(`${kind}s.${name}`, "the npm packages that its document names", "others, or none");
    if (packages) locked.set(artifact, packages);
  }
  return locked;
}

async function loadImages(images: ImageArchive, archive: string, manifest: BundleManifest): Promise<void> {
  await images.load(archive).catch((error: unknown) => {
    if (error instanceof StartError && error.code === "refused")
      throw damaged(imagesPart, "images that the engine takes", error.message);
    throw error;
  });
  for (const { reference } of manifest.images) {
    if ((await images.digestOf(reference)) === null)
      throw damaged(imagesPart, `the image ${reference}`, "an archive of other images");
  }
}

function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
