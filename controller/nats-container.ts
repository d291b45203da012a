// The nats-server in a container, for hosts that have Docker and no `nats-server` on their PATH.
//
//   C1. As the process of bus/server.ts it outlives a controller that is killed, keeps its port and listens on one address.
//   C2. Its configuration holds no secret and is copied into the container; its store is a volume that outlives the container.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { pack } from "tar-stream";
import type { NatsServer, ServerOptions } from "../bus/server.ts";
import { accepting, usablePort } from "../bus/server-address.ts";
import { serverConfig } from "../bus/server-config.ts";
import { tolerating } from "./runtime/docker-errors.ts";
import { createDockerImages } from "./runtime/docker-images.ts";
import { labelNames } from "./runtime/docker-names.ts";

const configPath = "/drover-nats.conf";
const storeDir = "/store";
const clientPort = 4_222;
const stopGraceSeconds = 10;

type ContainerOptions = Omit<ServerOptions, "binary"> & {
  readonly docker: Docker;
  readonly image: string;
  readonly installation: string;
  readonly log: (line: string) => void;
};

/** Adopts the container of this installation when it runs on the wanted address, else makes one. */
export async function startNatsContainer(options: ContainerOptions): Promise<NatsServer> {
  const { docker, dir, host } = options;
  const name = `drover-${options.installation}-nats`;
  const container = docker.getContainer(name);
  const stop = async (): Promise<void> => {
    await tolerating([304, 404], container.stop({ t: stopGraceSeconds }));
    await tolerating([404, 409], container.remove({ force: true }));
  };

  const alive = async (): Promise<boolean> => (await tolerating([404], container.inspect()))?.State.Running ?? false;

  const found = await tolerating([404], container.inspect());
  const binding = found?.NetworkSettings.Ports[`${clientPort}/tcp`]?.[0];
  if (found?.State.Running && binding?.HostIp === host) {
    return { url: `nats://${host}:${binding.HostPort}`, adopted: true, alive, stop };
  }
  if (found) await stop();
  const port = await usablePort(host, recordedPort(dir));
  await createDockerImages(docker, options).ensure(options.image);
  await create(options, name, port);
  await container.start();
  await accepting(host, port);
  return { url: `nats://${host}:${port}`, adopted: false, alive, stop };
}

async function create(options: ContainerOptions, name: string, port: number): Promise<void> {
  const { docker, host, storeBytesMax } = options;
  const labels = { [labelNames.installation]: options.installation, [labelNames.role]: "nats" };
  const container = await docker.createContainer({
    name,
    Image: options.image,
    Cmd: ["-c", configPath],
    ExposedPorts: { [`${clientPort}/tcp`]: {} },
    Labels: labels,
    HostConfig: {
      PortBindings: { [`${clientPort}/tcp`]: [{ HostIp: host, HostPort: String(port) }] },
      Mounts: [
        {
          Type: "volume",
          Source: `${name}-store`,
          Target: storeDir,
          VolumeOptions: { NoCopy: true, Labels: labels, DriverConfig: { Name: "local", Options: {} } },
        },
      ],
      LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } },
    },
  });
  const trust = await options.trust();
  const archive = pack();
  archive.entry(
    { name: configPath.slice(1) },
    serverConfig({ host: "0.0.0.0", port: clientPort, storeDir, storeBytesMax, trust }),
  );
  archive.finalize();
  await container.putArchive(Readable.from(archive), { path: "/" });
  writeFileSync(portPath(options.dir), String(port));
}

function portPath(dir: string): string {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return join(dir, "container-port");
}

function recordedPort(dir: string): number {
  try {
    return Number(readFileSync(portPath(dir), "utf8")) || 0;
  } catch {
    return 0;
  }
}
