// A Docker runtime of its own for one test file, on the real engine, with the agent that does as its assignment says. Disposing of
// it removes every container and network of its installation.
import { randomUUID } from "node:crypto";
import Docker from "dockerode";
import { ensureAgentImage } from "../../controller/runtime/agent-image.ts";
import { createDockerRuntime } from "../../controller/runtime/docker.ts";
import { installationFilter } from "../../controller/runtime/docker-names.ts";
import type { Runtime } from "../../controller/runtime/runtime.ts";
import { fixtureEntries } from "./instances.ts";

export type TestEngine = AsyncDisposable & {
  readonly docker: Docker;
  readonly installation: string;
  readonly network: string;
  readonly runtime: Runtime;
  /** The runtime of another controller of the same installation, over another connection if one is given. */
  another(docker?: Docker): Runtime;
  /** Every container of the installation, running or not. */
  containers(): Promise<Docker.ContainerInfo[]>;
};

export async function openEngine(): Promise<TestEngine> {
  const docker = new Docker();
  const installation = `test-${randomUUID().slice(0, 8)}`;
  const network = `drover-${installation}`;
  const agentImage = await ensureAgentImage(docker, { log: () => {}, entries: fixtureEntries });
  const another = (connection = docker): Runtime =>
    createDockerRuntime({ docker: connection, installation, network, agentImage, log: () => {} });
  const filters = { label: [installationFilter(installation)] };
  const containers = () => docker.listContainers({ all: true, filters });

  return {
    docker,
    installation,
    network,
    runtime: another(),
    another,
    containers,
    async [Symbol.asyncDispose]() {
      const left = await containers();
      await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
      const networks = await docker.listNetworks({ filters });
      await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()));
    },
  };
}
