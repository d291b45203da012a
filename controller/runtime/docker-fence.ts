// The fence around a network namespace: packet rules (fence-rules.ts) that a short-lived container puts up from inside the namespace.
// It has NET_ADMIN there and nothing else, runs `nft` of the agent image, and is gone before any user code starts.
//
//   W1. No user code starts in a namespace whose fence is not up. `internal` and `none` without one are refused; `bridge` goes
//       without, and says so, where the agent image has no `nft`: then it is the engine's bridge alone.
//   W2. What a fence was put around is remembered by container and start, so a restarted holder gets a new one, and so does every
//       holder that another controller, or an earlier life of this one, left.
import type Docker from "dockerode";
import type { Container } from "dockerode";
import type { Network } from "../../model/network.ts";
import { engineReason, tolerating } from "./docker-errors.ts";
import { framesOf } from "./docker-frames.ts";
import { fenceLabels } from "./docker-names.ts";
import type { DockerNetwork } from "./docker-network.ts";
import { namespaceFence } from "./docker-specs.ts";
import { endpointsOf, fenceRules, showing } from "./fence-rules.ts";
import { createOncePerKey } from "./once-per-key.ts";
import { type Reach, StartError } from "./runtime.ts";

const engineAnswerMs = 30_000;
const lastLinesMax = 3;
/** One that is forgotten is put up once more. */
const remembersMax = 10_000;
const refusedByNft = 1;
/** The workflow of a fence that is only tried out. */
const nobody = "";
/** All that fences are made of, in a namespace that ends at once. */
const tryOut = fenceRules("internal", { nats: [{ address: "127.0.0.1", port: 1 }], hostAddresses: [], hostPorts: [] });

export type DockerFence = {
  /** Resolves when the fence is up around the container's namespace. */
  raise(container: string, wanted: { readonly workflow: string; readonly reach: Reach }): Promise<void>;
  /** Whether one is up around the namespace of a container that runs. */
  isUp(container: string, network: Network): Promise<boolean>;
  /** Why no fence can be put up here, in a clause; null when one can. */
  whyMissing(): Promise<string | null>;
  /** Removes what a controller that died while it put up a fence left of a workflow. */
  clear(workflow: string): Promise<void>;
};

type Failure = { readonly reason: string };

export function createDockerFence(
  docker: Docker,
  options: {
    installation: string;
    agentImage: string;
    network: DockerNetwork;
    hostPorts?: readonly number[];
    log: (line: string) => void;
  },
): DockerFence {
  const { installation, agentImage, network, hostPorts = [] } = options;
  /** By container: when it was started, and the rules. */
  const raised = new Map<string, string>();
  const once = createOncePerKey<string | null>();
  let isToldThatBridgeHasNone = false;

  return {
    async raise(container, { workflow, reach }) {
      const rules = await rulesOf(reach);
      const state = `${await startOf(container)} ${rules}`;
      if (raised.get(container) === state) return;
      const failure = await run(`container:${container}`, workflow, rules);
      if (failure) withoutFence(reach.network, failure);
      raised.delete(container);
      raised.set(container, state);
      for (const oldest of [...raised.keys()].slice(0, raised.size - remembersMax)) raised.delete(oldest);
    },
    isUp: async (container, reach) => (await run(`container:${container}`, nobody, showing(reach))) === null,
    whyMissing: () =>
      once("", async () => {
        await clear(nobody);
        return (await run("none", nobody, tryOut))?.reason ?? null;
      }),
    clear,
  };

  async function clear(workflow: string): Promise<void> {
    const label = Object.entries(fenceLabels(workflow, installation)).map(([name, value]) => `${name}=${value}`);
    const left = await docker.listContainers({ all: true, filters: { label } });
    await Promise.all(left.map(({ Id }) => remove(docker.getContainer(Id))));
  }

  async function rulesOf({ network: reach, servers }: Reach): Promise<string> {
    const nats = endpointsOf(servers);
    if (nats === null && reach !== "bridge") {
      throw new StartError(
        "refused",
        `network: ${reach} needs NATS at an address, and it is known to containers as ${servers.join(", ")}; ` +
          `name it by its IP address (NATS_URL, DROVER_AGENT_NATS_URL), or write "network: bridge"`,
      );
    }
    return fenceRules(reach, { nats: nats ?? [], hostAddresses: await network.hostAddresses(), hostPorts });
  }

  function withoutFence(reach: Network, { reason }: Failure): void {
    const cause = `the agent image ${agentImage} cannot put up packet rules (${reason})`;
    if (reach !== "bridge") {
      const fix = `install nftables on the controller's host, or give DROVER_AGENT_BASE an image with /usr/sbin/nft`;
      throw new StartError("refused", `network: ${reach} cannot be had: ${cause}; ${fix}, or write "network: bridge"`);
    }
    if (!isToldThatBridgeHasNone) options.log(`${cause}: workflows under network: bridge reach this host`);
    isToldThatBridgeHasNone = true;
  }

  async function startOf(container: string): Promise<string> {
    const found = await docker.getContainer(container).inspect({ abortSignal: AbortSignal.timeout(engineAnswerMs) });
    return found.State.StartedAt;
  }

  async function run(namespace: string, workflow: string, rules: string): Promise<Failure | null> {
    const fence = await docker.createContainer({
      ...namespaceFence(workflow, { installation, agentImage, namespace, rules }),
      abortSignal: AbortSignal.timeout(engineAnswerMs),
    });
    try {
      await fence.start({ abortSignal: AbortSignal.timeout(engineAnswerMs) });
      const { StatusCode } = (await fence.wait({ abortSignal: AbortSignal.timeout(engineAnswerMs) })) as {
        StatusCode: number;
      };
      if (StatusCode === 0) return null;
      // Whatever else ended it says nothing about what can be had here.
      if (StatusCode !== refusedByNft)
        throw new Error(`the fence of ${workflow || "nobody"} ended with code ${StatusCode}`);
      return { reason: await lastLines(fence) };
    } catch (error) {
      // So the engine speaks of a program that is not in the image, or is none.
      const reason = engineReason(error);
      if (/\bexec\b|executable/i.test(reason)) return { reason: `it has no /usr/sbin/nft: ${reason}` };
      throw error;
    } finally {
      await remove(fence);
    }
  }

  async function lastLines(fence: Container): Promise<string> {
    const output = await fence.logs({ follow: false, stdout: true, stderr: true, tail: lastLinesMax });
    return framesOf(output)
      .map(({ text }) => text.trim())
      .join(" ");
  }

  async function remove(fence: Container): Promise<void> {
    await tolerating([404, 409], fence.remove({ force: true }));
  }
}
