// Keeps the engine's images in order: says that this controller uses its agent image, and removes those that nobody uses
// (image-collection.ts). The engine does not know when an image was last used, but when it was last given its name: so the name is
// given again.
//
//   K1. An image that somebody else removed is built again before the next start misses it.
//   K2. Nothing is removed by force: the engine itself refuses what a container is made of.
import type Docker from "dockerode";
import { tolerating } from "./docker-errors.ts";
import { labelNames } from "./docker-names.ts";
import { type BuiltImage, unneededImages } from "./image-collection.ts";

const sayEveryMs = 300_000;
const engineAnswerMs = 30_000;

export type ImageKeeperParts = {
  /** The tag that `ensureAgentImage` returned; null: the image is not one that Drover builds. */
  readonly agentImage: string | null;
  /** Makes the agent image again and returns its tag. */
  readonly build: () => Promise<string>;
  /** The image is needed until it fires. */
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  readonly log: (line: string) => void;
};

export function keepImages(docker: Docker, parts: ImageKeeperParts): void {
  const { agentImage, build, signal, nowMs, log } = parts;
  const timer = setInterval(turn, sayEveryMs).unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  turn();

  function turn(): void {
    keep().catch((error: unknown) => log(`the engine's images cannot be looked after now: ${String(error)}`));
  }

  async function keep(): Promise<void> {
    if (agentImage !== null && !(await nameAgain(docker, agentImage))) {
      log(`the image ${agentImage} was removed; building it again`);
      const built = await build();
      if (built !== agentImage) log(`it is ${built} now: this controller is not of the version on disk, restart it`);
    }
    if (signal.aborted) return;
    for (const removed of await collectImages(docker, nowMs)) log(`removed the image ${removed}, which nobody uses`);
  }
}

/** Removes what may go, and returns it. */
export async function collectImages(docker: Docker, nowMs: () => number): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const image of unneededImages(await builtImages(docker), nowMs())) {
    const done = await tolerating([404, 409], docker.getImage(image).remove());
    if (done !== null) removed.push(image);
  }
  return removed;
}

/** False when there is no such image. */
async function nameAgain(docker: Docker, tag: string): Promise<boolean> {
  const [repo = "", version = ""] = tag.split(":");
  return (await tolerating([404], docker.getImage(tag).tag({ repo, tag: version }))) !== null;
}

async function builtImages(docker: Docker): Promise<readonly BuiltImage[]> {
  const label = `${labelNames.role}=image`;
  const [images, containers] = await Promise.all([
    docker.listImages({ filters: { label: [label] }, abortSignal: AbortSignal.timeout(engineAnswerMs) }),
    docker.listContainers({ all: true, abortSignal: AbortSignal.timeout(engineAnswerMs) }),
  ]);
  const used = new Set(containers.map(({ ImageID }) => ImageID));
  const found = await Promise.all(
    images.map(async ({ Id }) => {
      const image = await tolerating([404], docker.getImage(Id).inspect());
      if (image === null) return null;
      return { id: Id, tags: image.RepoTags ?? [], namedMs: namedMsOf(image), hasContainer: used.has(Id) };
    }),
  );
  return found.filter((image) => image !== null);
}

/** The engine tells it; the types do not. One that never had a name counts from its making. */
function namedMsOf(image: Docker.ImageInspectInfo & { Metadata?: { LastTagTime?: string } }): number {
  return Math.max(Date.parse(image.Created), Date.parse(image.Metadata?.LastTagTime ?? "") || 0);
}
