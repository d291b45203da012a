// The runtime that the options name. Nothing else in the controller knows which one it is.
import Docker from "dockerode";
import type { Logger } from "pino";
import type { ControllerOptions } from "./options.ts";
import { type Packages, openPackages } from "./packages/packages.ts";
import { ensureAgentImage } from "./runtime/agent-image.ts";
import { createDockerRuntime } from "./runtime/docker.ts";
import { keepImages } from "./runtime/image-keeper.ts";
import type { ArchiveOf } from "./runtime/package-files.ts";
import { createProcessRuntime } from "./runtime/process.ts";
import type { Runtime } from "./runtime/runtime.ts";

/** With the npm packages that it gives to instances. Its images are looked after until it is stopped. */
export async function openRuntime(
  options: ControllerOptions,
  installation: string,
  log: Logger,
): Promise<{ readonly runtime: Runtime; readonly packages: Packages; stop(): void }> {
  const using = new AbortController();
  const packages = await openPackages(options, (line) => log.info(line));
  const stop = (): void => {
    using.abort();
    packages.stop();
  };
  try {
    return { runtime: await createRuntime(options, installation, log, using.signal, packages.archive), packages, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** Its images are looked after until `signal` fires; without one they are only made when they are missing. */
export async function createRuntime(
  options: ControllerOptions,
  installation: string,
  log: Logger,
  signal: AbortSignal | null = null,
  archiveOf?: ArchiveOf,
): Promise<Runtime> {
  const packages = archiveOf === undefined ? {} : { archiveOf };
  const say = (line: string): void => log.info(line);
  switch (options.runtime) {
    case "process":
      return createProcessRuntime({ home: options.home, log: (line) => log.warn(line), ...packages });
    case "docker": {
      const docker = new Docker();
      await docker.ping().catch((error: Error) => {
        throw new Error(
          `no Docker engine answers at ${options.dockerHost} (${error.message}); start one, or set DOCKER_HOST`,
        );
      });
      const base = options.agentBase === null ? {} : { base: options.agentBase };
      const build = (): Promise<string> => ensureAgentImage(docker, { log: say, ...base });
      const agentImage = options.agentImage ?? (await build());
      const built = options.agentImage === null ? agentImage : null;
      if (signal) keepImages(docker, { agentImage: built, build, signal, nowMs: Date.now, log: say });
      return createDockerRuntime({
        docker,
        installation,
        network: options.network,
        hostPorts: options.hostPorts,
        agentImage,
        log: say,
        ...packages,
      });
    }
  }
}
