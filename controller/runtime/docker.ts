// The default runtime: every instance in a container of its own (a user's image: two, which share a network namespace).
// This file only joins the parts; each part's header says what it promises. R1-R3 are kept by docker-names (labels),
// docker-start (repeatable) and docker-specs (nothing restarts itself).
import type Docker from "dockerode";
import { availableParallelism } from "node:os";
import { toStartError, tolerating } from "./docker-errors.ts";
import { createDockerEvents } from "./docker-events.ts";
import { createDockerExamine } from "./docker-examine.ts";
import { createDockerFence } from "./docker-fence.ts";
import { createDockerHolders } from "./docker-holders.ts";
import { createDockerImages } from "./docker-images.ts";
import { createDockerInventory } from "./docker-inventory.ts";
import { agentContainer, appContainer } from "./docker-names.ts";
import { createDockerNetwork } from "./docker-network.ts";
import { createDockerOutput } from "./docker-output.ts";
import { cpuLimit } from "./docker-specs.ts";
import { createDockerStart } from "./docker-start.ts";
import { createImageArchive } from "./image-archive.ts";
import { createNpmImages } from "./npm-images.ts";
import type { ArchiveOf } from "./package-files.ts";
import type { Runtime } from "./runtime.ts";
import { createStartSlots } from "./start-slots.ts";

/** More at a time than this only lengthens the queue in the engine (measured). */
const startsPerCore = 2;
/** How long the removal that somebody else began may take. */
const removalMsMax = 60_000;

export type DockerRuntimeOptions = {
  readonly docker: Docker;
  /** Tells the containers of this controller from those of another on the same engine. */
  readonly installation: string;
  /** Name of the bridge network; made when it is missing. */
  readonly network: string;
  /** Ports of the engine's host that `network: bridge` reaches. */
  readonly hostPorts?: readonly number[];
  /** A tag that `ensureAgentImage` returned. */
  readonly agentImage: string;
  readonly archiveOf?: ArchiveOf;
  readonly startsAtOnce?: number;
  readonly log: (line: string) => void;
};

export function createDockerRuntime(options: DockerRuntimeOptions): Runtime {
  const { docker, installation } = options;
  const network = createDockerNetwork(docker, { name: options.network, installation });
  const fence = createDockerFence(docker, { ...options, network });
  const holders = createDockerHolders(docker, { ...options, network, fence });
  const images = createDockerImages(docker, options);
  const npmImages = createNpmImages(docker, options);
  const slots = createStartSlots(options.startsAtOnce ?? startsPerCore * availableParallelism());
  const list = createDockerInventory(docker, options);
  const examine = createDockerExamine(docker, { ...options, fence });

  return {
    name: "docker",
    images: createImageArchive(docker, options.agentImage),
    hostAddress: () => answered(network.hostAddress()),
    list: () => answered(list()),
    start: createDockerStart(docker, { ...options, network, fence, holders, images, npmImages, slots }),
    limit: (instance, cpu) => answered(limit(instance, cpu)),
    stop: (instance, graceMs) => answered(stop(instance, graceMs)),
    remove: (instance) => answered(remove(instance)),
    release: (workflow) => answered(holders.remove(workflow)),
    ...createDockerOutput(docker, options),
    tidy: (needed, nowMs) => answered(npmImages.tidy(needed, nowMs)),
    examine: (known) => answered(examine(known)),
    events: createDockerEvents(docker, options),
  };

  /** Of a user's image when there is one, not of the agent beside it. An instance that has just ended needs no limit. */
  async function limit(instance: string, cpu: number): Promise<void> {
    for (const name of containersOf(instance)) {
      const updated: unknown = await tolerating([404, 409], docker.getContainer(name).update(cpuLimit(cpu)));
      if (updated !== null) return;
    }
  }

  /** The app first: its last events still go through the agent beside it. */
  async function stop(instance: string, graceMs: number): Promise<void> {
    for (const name of containersOf(instance)) {
      await tolerating([304, 404], docker.getContainer(name).stop({ t: Math.ceil(graceMs / 1000) }));
    }
  }

  async function remove(instance: string): Promise<void> {
    for (const name of containersOf(instance)) {
      const container = docker.getContainer(name);
      const removed = container.remove({ force: true, v: true }).then(() => true);
      const done = await tolerating([404, 409], removed);
      // Somebody else's removal is under way, or there is nothing to remove; both end in "no such container".
      if (done === null)
        await tolerating(
          [404],
          container.wait({ condition: "removed", abortSignal: AbortSignal.timeout(removalMsMax) }),
        );
    }
  }

  function containersOf(instance: string): readonly string[] {
    return [appContainer(installation, instance), agentContainer(installation, instance)];
  }
}

/** Whatever the engine says, the caller gets one kind of error with one clear line. */
async function answered<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toStartError(error);
  }
}
