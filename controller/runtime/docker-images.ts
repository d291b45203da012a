// Images of users: taken when they are there, pulled when they are not.
//
//   M1. A pull ends within pullMsMax; however many instances wait for an image, it is pulled once.
import type Docker from "dockerode";
import { engineReason, isUnreachable, toStartError, tolerating } from "./docker-errors.ts";
import { createOncePerKey } from "./once-per-key.ts";
import { StartError } from "./runtime.ts";

const pullMsMax = 10 * 60_000;
/** Whether it names anything is the engine's to say; this keeps what is no reference out of the engine's paths. */
const reference = /^[a-zA-Z0-9][a-zA-Z0-9_.\-/:@]*$/;

export type DockerImages = {
  /** Rejects with `image-unavailable` and the registry's reason when the image is neither here nor to be had. */
  ensure(image: string): Promise<void>;
  /** As whom an image that is there runs: `""` for root, `1000:1000`, `node`, … */
  user(image: string): Promise<string>;
};

export function createDockerImages(docker: Docker, options: { log: (line: string) => void }): DockerImages {
  const once = createOncePerKey<void>();
  return {
    ensure: (image) => once(image, () => ensure(image)),
    user: async (image) => (await docker.getImage(image).inspect()).Config.User,
  };

  async function ensure(image: string): Promise<void> {
    if (!reference.test(image) || image.includes("..")) {
      throw new StartError("image-unavailable", `"${image}" is no image reference, such as "redis:8"`);
    }
    if ((await tolerating([400, 404], docker.getImage(image).inspect())) !== null) return;
    options.log(`pulling the image ${image}`);
    const signal = AbortSignal.timeout(pullMsMax);
    try {
      await pull(image, signal);
    } catch (error) {
      if (signal.aborted) {
        throw unavailable(image, `the pull was not done after ${pullMsMax / 60_000} minutes`, error);
      }
      if (isUnreachable(error)) throw toStartError(error);
      throw unavailable(image, engineReason(error), error);
    }
  }

  async function pull(image: string, signal: AbortSignal): Promise<void> {
    const progress = await docker.pull(image, { abortSignal: signal });
    await new Promise<void>((resolve, reject) => {
      const abort = () => reject(new DOMException("the pull took too long", "AbortError"));
      signal.addEventListener("abort", abort, { once: true });
      docker.modem.followProgress(progress, (error) => {
        signal.removeEventListener("abort", abort);
        if (error) reject(error);
        else resolve();
      });
    });
  }
}

function unavailable(image: string, reason: string, cause: unknown): StartError {
  return new StartError("image-unavailable", `the image ${image} cannot be had: ${reason}`, { cause });
}
