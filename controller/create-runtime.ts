// The runtime that the options name. Nothing else in the controller knows which one it is.
import Docker from "dockerode";
import type { Logger } from "pino";
import type { ControllerOptions } from "./options.ts";
import { ensureAgentImage } from "./runtime/agent-image.ts";
import { createDockerRuntime } from "./runtime/docker.ts";
import { createProcessRuntime } from "./runtime/process.ts";
import type { Runtime } from "./runtime/runtime.ts";

export async function createRuntime(options: ControllerOptions, installation: string, log: Logger): Promise<Runtime> {
  const say = (line: string): void => log.info(line);
  switch (options.runtime) {
    case "process":
      return createProcessRuntime({ home: options.home, log: (line) => log.warn(line) });
    case "docker": {
      const docker = new Docker();
      await docker.ping().catch((error: Error) => {
        throw new Error(
          `no Docker engine answers at ${options.dockerHost} (${error.message}); start one, or set DOCKER_HOST`,
        );
      });
      const base = options.agentBase === null ? {} : { base: options.agentBase };
      const agentImage = options.agentImage ?? (await ensureAgentImage(docker, { log: say, ...base }));
      return createDockerRuntime({ docker, installation, network: options.network, agentImage, log: say });
    }
  }
}
