// One tiny container per workflow that keeps the workflow's network namespace. An instance that joins it starts in half the time
// of one that needs a network of its own (about 90 ms of the engine's work each), and stays off the host's network all the same.
// Never shared by two workflows: who joins a namespace shares its loopback.
//
//   H1. At most one holder of a workflow and its `network` exists: the engine lets a name be used once, and whoever loses takes the
//       winner's.
//   H2. A holder that has ended is made again by the next `ensure`; one that was created and not started is started.
//   H3. A workflow whose `network` was changed gets another holder; instances that end their last runs keep the old one. The fence
//       of a holder is put up by whoever starts something in it.
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { type Network, networks } from "../../model/network.ts";
import { isImageMissing, statusOf, tolerating } from "./docker-errors.ts";
import type { DockerFence } from "./docker-fence.ts";
import { holderContainer } from "./docker-names.ts";
import type { DockerNetwork } from "./docker-network.ts";
import { networkHolder } from "./docker-specs.ts";
import { createOncePerKey } from "./once-per-key.ts";

const engineAnswerMs = 30_000;
/** The engine gives a name away some milliseconds before it can show the container, so the loser of a race looks again. */
const attemptsMax = 100;
const attemptEveryMs = 50;

export type DockerHolders = {
  /** The id of a running holder of this workflow. */
  ensure(workflow: string, network: Network): Promise<string>;
  isRunning(holderId: string): Promise<boolean>;
  remove(workflow: string): Promise<void>;
};

export function createDockerHolders(
  docker: Docker,
  options: { installation: string; agentImage: string; network: DockerNetwork; fence: Pick<DockerFence, "clear"> },
): DockerHolders {
  const once = createOncePerKey<string>();

  return {
    ensure: (workflow, network) => once(`${workflow} ${network}`, () => ensure(workflow, network)),
    isRunning: async (holderId) => (await inspect(holderId))?.State.Running === true,
    async remove(workflow) {
      await Promise.all(networks.map((network) => remove(holderContainer(options.installation, workflow, network))));
      await options.fence.clear(workflow);
    },
  };

  async function ensure(workflow: string, network: Network): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await adopt(workflow, network)) ?? (await create(workflow, network));
      } catch (error) {
        if (!isRaceLost(error) || attempt === attemptsMax) throw error;
        await delay(attemptEveryMs);
      }
    }
  }

  /** The holder that is there already, running; null when there is none, or none that can run again. */
  async function adopt(workflow: string, network: Network): Promise<string | null> {
    const found = await inspect(holderContainer(options.installation, workflow, network));
    if (!found) return null;
    if (found.State.Running) return found.Id;
    if (found.State.Status === "created") {
      await start(found.Id);
      return found.Id;
    }
    await remove(found.Id);
    return null;
  }

  async function create(workflow: string, network: Network): Promise<string> {
    const attachment = await options.network.attachment();
    const holder = await docker.createContainer({
      ...networkHolder(workflow, network, { ...options, ...attachment }),
      abortSignal: AbortSignal.timeout(engineAnswerMs),
    });
    await start(holder.id);
    return holder.id;
  }

  async function start(id: string): Promise<void> {
    const container = docker.getContainer(id);
    try {
      await tolerating([304], container.start({ abortSignal: AbortSignal.timeout(engineAnswerMs) }));
    } catch (error) {
      await remove(id);
      throw error;
    }
  }

  function inspect(nameOrId: string): Promise<Docker.ContainerInspectInfo | null> {
    const container = docker.getContainer(nameOrId);
    return tolerating([404], container.inspect({ abortSignal: AbortSignal.timeout(engineAnswerMs) }));
  }

  async function remove(nameOrId: string): Promise<void> {
    await tolerating([404, 409], docker.getContainer(nameOrId).remove({ force: true, v: true }));
  }
}

/** The name was taken (409), or what was just made was removed again (404), by another controller. */
function isRaceLost(error: unknown): boolean {
  return statusOf(error) === 409 || (statusOf(error) === 404 && !isImageMissing(error));
}
