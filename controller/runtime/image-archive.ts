// Images of the engine as one file, to be taken to an engine that reaches no registry.
import { createReadStream } from "node:fs";
import type Docker from "dockerode";
import { toStartError, tolerating } from "./docker-errors.ts";
import { progressDone } from "./image-build.ts";

/** All reject with StartError: `engine-unavailable`, or `refused` with the engine's reason. */
export type ImageArchive = {
  /** What every workflow needs. */
  readonly agentImage: string;
  /** The digest of an image that the engine has; null: it has none of this name. */
  digestOf(reference: string): Promise<string | null>;
  /** With the layers that they share once. */
  save(references: readonly string[]): Promise<NodeJS.ReadableStream>;
  /** Takes up what `save` has written. */
  load(path: string): Promise<void>;
};

/** `getImages` is missing in the types of dockerode. */
type Saving = { getImages(options: { names: readonly string[] }): Promise<NodeJS.ReadableStream> };

export function createImageArchive(docker: Docker, agentImage: string): ImageArchive {
  return {
    agentImage,
    digestOf: (reference) =>
      answered(async () => (await tolerating([400, 404], docker.getImage(reference).inspect()))?.Id ?? null),
    save: (names) => answered(() => (docker as unknown as Saving).getImages({ names })),
    load: (path) =>
      answered(async () => progressDone(docker, await docker.loadImage(createReadStream(path), { quiet: true }))),
  };
}

async function answered<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toStartError(error);
  }
}
