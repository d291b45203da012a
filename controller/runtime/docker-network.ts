// The bridge network of an installation: made when it is missing, used as it is when it is there. Containers on it reach this
// host and the world, and not each other.
//
//   N1. However many create it at once, one is made and all use it. The engine's own check for a taken name misses what happens at
//       the same time, and two networks of one name break every start; a bridge's name in the kernel cannot be taken twice.
import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { NetworkInspectInfo } from "dockerode";
import type Docker from "dockerode";
import { tolerating } from "./docker-errors.ts";
import { networkLabels } from "./docker-names.ts";
import type { Attachment } from "./docker-specs.ts";
import { createOncePerKey } from "./once-per-key.ts";
import { ownAddresses } from "./own-addresses.ts";

const engineAnswerMs = 30_000;
const attemptsMax = 100;
const attemptEveryMs = 50;
/** The name by which containers reach the host of an engine that runs in a virtual machine (Docker Desktop and its like). */
const virtualHostName = "host.docker.internal";

export type DockerNetwork = {
  /** What a container needs to be on the network; makes the network when it is missing. */
  attachment(): Promise<Attachment>;
  /** Where containers on the network reach this host. */
  hostAddress(): Promise<string>;
  /** Every address of the engine's host that is known: all when it is this host, else the network's gateway. */
  hostAddresses(): Promise<readonly string[]>;
};

export function createDockerNetwork(docker: Docker, options: { name: string; installation: string }): DockerNetwork {
  const once = createOncePerKey<NetworkInspectInfo>();
  const bridge = bridgeName(options.name);
  const present = () => once(options.name, ensure);

  return {
    async attachment() {
      const network = await present();
      const extraHosts = (await hostAddressOn(network)) === virtualHostName ? [`${virtualHostName}:host-gateway`] : [];
      return { network: network.Id, extraHosts };
    },
    async hostAddress() {
      return hostAddressOn(await present());
    },
    async hostAddresses() {
      const network = await present();
      const isHere = (await hostAddressOn(network)) !== virtualHostName;
      return [...new Set([...gatewaysOf(network), ...(isHere ? await ownAddresses() : [])])];
    },
  };

  async function ensure(): Promise<NetworkInspectInfo> {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const found = await find();
      if (found) return found;
      const created = await create();
      // The winner's network is in the engine's list a moment after it has the bridge.
      if (!created) await delay(attemptEveryMs);
    }
    throw new Error(`the network ${options.name} cannot be made: its bridge ${bridge} is another network's`);
  }

  /** False when somebody else has it, or is making it. */
  async function create(): Promise<boolean> {
    const network = docker.createNetwork({
      Name: options.name,
      CheckDuplicate: true,
      Driver: "bridge",
      Labels: { ...networkLabels(options.installation) },
      Options: { "com.docker.network.bridge.name": bridge, "com.docker.network.bridge.enable_icc": "false" },
      abortSignal: AbortSignal.timeout(engineAnswerMs),
    });
    return (await tolerating([403, 409], network)) !== null;
  }

  /** The engine's filter matches parts of names. */
  async function find(): Promise<NetworkInspectInfo | undefined> {
    const networks = await docker.listNetworks({
      filters: { name: [options.name] },
      abortSignal: AbortSignal.timeout(engineAnswerMs),
    });
    return networks.find((network) => network.Name === options.name);
  }
}

/** The kernel takes 15 characters. */
function bridgeName(network: string): string {
  return `drover-${createHash("sha256").update(network).digest("hex").slice(0, 8)}`;
}

/** The gateway of the network when it is an address of this host; else the engine is elsewhere and only has a name for us. */
async function hostAddressOn(network: NetworkInspectInfo): Promise<string> {
  for (const gateway of gatewaysOf(network)) {
    if (await isOwnAddress(gateway)) return gateway;
  }
  return virtualHostName;
}

function gatewaysOf(network: NetworkInspectInfo): readonly string[] {
  return (network.IPAM?.Config ?? []).flatMap(({ Gateway: gateway }) => (gateway ? [gateway] : []));
}

/** Only an own address can be listened on. (The list of interfaces leaves out a bridge that no container uses yet.) */
function isOwnAddress(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ host: address, port: 0 }, () => probe.close(() => resolve(true)));
  });
}
