// Images of breeds with npm packages: the agent's image with the packages on top, which the instance reads and cannot change.
//
//   N1. The tag says what is inside (agent image, packages, installation), so an image that is there is never built again, and one
//       that was removed is, from the archive of the packages and without any registry.
//   N2. An image that nothing needs goes after a while. Making it again takes a second, so nothing else is asked for.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type Docker from "dockerode";
import { type Pack, pack } from "tar-stream";
import type { LockedPackages } from "../packages/lock.ts";
import { tolerating } from "./docker-errors.ts";
import { installationFilter, labelNames, npmImageLabels, npmImageRole } from "./docker-names.ts";
import { imageExists, progressDone } from "./image-build.ts";
import { createOncePerKey } from "./once-per-key.ts";
import { type ArchiveOf, packageArchive, packagesVariable } from "./package-files.ts";

/** Raised when the layout below changes. */
const layoutVersion = "1";
const folder = "/opt/drover/npm";
const archiveName = "npm.tar.gz";
/** A workflow that is deleted and applied again soon finds its image. */
const unusedMsMax = 3_600_000;

export type NpmImages = {
  /** Returns the tag of the image, which is there then. */
  ensure(packages: LockedPackages): Promise<string>;
  /** Removes images that have not been needed for a while. */
  tidy(needed: readonly LockedPackages[], nowMs: number): Promise<void>;
};

export type NpmImageOptions = {
  readonly installation: string;
  readonly agentImage: string;
  readonly archiveOf?: ArchiveOf;
  readonly log: (line: string) => void;
};

export function createNpmImages(docker: Docker, options: NpmImageOptions): NpmImages {
  const { installation, agentImage, archiveOf, log } = options;
  const once = createOncePerKey<void>();
  /** By tag: since when this controller has seen it unused. */
  let unusedSinceMs = new Map<string, number>();

  return {
    async ensure(packages) {
      const tag = tagOf(packages);
      await once(tag, async () => {
        if (await imageExists(docker, tag)) return;
        const archive = await packageArchive(archiveOf, packages);
        log(`building the image ${tag} of the npm packages ${packages.id}`);
        await build(tag, packages, archive);
      });
      return tag;
    },
    async tidy(needed, nowMs) {
      const label = [installationFilter(installation), `${labelNames.role}=${npmImageRole}`];
      const images = await docker.listImages({ filters: { label } });
      const kept = new Set(needed.map(tagOf));
      const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => !kept.has(tag));
      unusedSinceMs = new Map(tags.map((tag) => [tag, unusedSinceMs.get(tag) ?? nowMs]));
      for (const [tag, sinceMs] of unusedSinceMs) {
        // A container that still has it keeps it.
        if (nowMs - sinceMs >= unusedMsMax) await tolerating([404, 409], docker.getImage(tag).remove());
      }
    },
  };

  function tagOf({ id }: LockedPackages): string {
    const content = JSON.stringify([layoutVersion, agentImage, id, installation]);
    return `drover-npm:${createHash("sha256").update(content).digest("hex").slice(0, 12)}`;
  }

  async function build(tag: string, { id }: LockedPackages, archive: string): Promise<void> {
    const labels = Object.entries(npmImageLabels(installation)).map(
      ([name, value]) => `LABEL ${name}=${JSON.stringify(value)}`,
    );
    const file = [
      `FROM ${agentImage}`,
      // The engine unpacks it, as there is no program in the image that could.
      `ADD ${archiveName} ${folder}/${id}/`,
      `ENV ${packagesVariable}=${folder}/${id}/node_modules`,
      ...labels,
      "",
    ].join("\n");
    const context = pack();
    const packing = packContext(context, file, archive).catch((error: unknown) => {
      context.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    });
    const building = docker.buildImage(Readable.from(context), { t: tag, rm: true, forcerm: true });
    const [progress] = await Promise.all([building, packing]);
    await progressDone(docker, progress);
  }
}

async function packContext(context: Pack, file: string, archive: string): Promise<void> {
  context.entry({ name: "Dockerfile" }, file);
  const { size } = await stat(archive);
  await pipeline(createReadStream(archive), context.entry({ name: archiveName, size, mode: 0o644 }));
  context.finalize();
}
