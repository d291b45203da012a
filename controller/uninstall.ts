// Removes what an installation whose controller is stopped has on this machine: containers, images of npm packages, network,
// volumes, its nats-server, and its home with all events and keys. What others may use (agent images, a network that is not its own, a
// NATS server of somebody else) stays.
//
//   U1. Nothing is removed while a controller runs with this home, and the home goes last: an uninstall that broke off can be
//       repeated.
//   U2. Only what carries this installation's label is removed; a network only when nobody is on it and nobody listens on its
//       address, as another installation that shares it does.
import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import Docker from "dockerode";
import { endProcess, type ProcessIdentity } from "../bus/server-process.ts";
import { lockHome } from "./home-lock.ts";
import { installationOf } from "./installation.ts";
import { resolveOptions } from "./options.ts";
import { tolerating } from "./runtime/docker-errors.ts";
import { installationFilter } from "./runtime/docker-names.ts";
import { endProcess as endAgent } from "./runtime/process-end.ts";
import { openProcessRecords } from "./runtime/process-records.ts";
import { listensOn } from "./runtime/listening.ts";

const stopGraceMs = 10_000;

/** What there is, in words. */
export type Remains = { readonly installation: string; readonly home: string; readonly parts: readonly string[] };

/** `remove` false: only tells. Throws with a reason for people when a controller runs. */
export async function uninstall(
  environment: Readonly<Record<string, string | undefined>>,
  { remove }: { readonly remove: boolean },
): Promise<Remains> {
  const options = resolveOptions(environment);
  const { home } = options;
  if (!existsSync(join(home, "installation"))) throw new Error(`there is no installation in ${home}; set DROVER_HOME`);
  const lock = lockHome(home);
  try {
    const installation = installationOf(home);
    const parts = [
      ...(await agentProcesses(home, remove)),
      ...(options.runtime === "docker" ? await onEngine(installation, remove) : []),
      ...(await natsServer(home, remove)),
      ...(options.runtime === "docker" ? await networks(installation, remove) : []),
      `the home ${home}`,
    ];
    if (remove) await rm(home, { recursive: true, force: true });
    return { installation, home, parts };
  } finally {
    lock.release();
  }
}

async function agentProcesses(home: string, remove: boolean): Promise<string[]> {
  if (!existsSync(join(home, "process"))) return [];
  const records = await openProcessRecords(join(home, "process"));
  const told: string[] = [];
  for (const { instance, state } of await records.all()) {
    if (state.kind !== "running") continue;
    if (remove) await endAgent(state.process, stopGraceMs);
    told.push(`the process ${state.process.pid} of ${instance}`);
  }
  return told;
}

async function onEngine(installation: string, remove: boolean): Promise<string[]> {
  const docker = new Docker();
  const filters = { label: [installationFilter(installation)] };
  const containers = await docker.listContainers({ all: true, filters });
  const { Volumes: volumes } = await docker.listVolumes({ filters });
  const images = await docker.listImages({ filters });
  if (remove) {
    for (const { Id } of containers)
      await tolerating([404, 409], docker.getContainer(Id).remove({ force: true, v: true }));
    for (const { Name } of volumes) await tolerating([404], docker.getVolume(Name).remove());
    for (const { Id } of images) await tolerating([404, 409], docker.getImage(Id).remove());
  }
  return [
    ...containers.map(({ Names, Id }) => `the container ${Names[0]?.slice(1) ?? Id}`),
    ...volumes.map(({ Name }) => `the volume ${Name}`),
    ...images.map(({ RepoTags, Id }) => `the image ${RepoTags?.[0] ?? Id}`),
  ];
}

async function natsServer(home: string, remove: boolean): Promise<string[]> {
  const path = join(home, "nats", "server.json");
  if (!existsSync(path)) return [];
  const { process: server } = JSON.parse(readFileSync(path, "utf8")) as { process: ProcessIdentity };
  if (remove) await endProcess(server, stopGraceMs);
  return [`the nats-server with its store (process ${server.pid}, if it runs)`];
}

/** After containers and nats-server: what is on the network now is somebody else's. */
async function networks(installation: string, remove: boolean): Promise<string[]> {
  const docker = new Docker();
  const told: string[] = [];
  for (const { Id, Name } of await docker.listNetworks({ filters: { label: [installationFilter(installation)] } })) {
    const { Containers, IPAM } = await docker.getNetwork(Id).inspect();
    const gateways = (IPAM?.Config ?? []).flatMap(({ Gateway }) => (Gateway ? [Gateway] : []));
    const isUsed = Object.keys(Containers ?? {}).length > 0 || (await listensOn(gateways));
    if (remove && isUsed) told.push(`not the network ${Name}: another installation uses it`);
    else told.push(`the network ${Name}`);
    if (remove && !isUsed) await tolerating([404, 403, 409], docker.getNetwork(Id).remove());
  }
  return told;
}
