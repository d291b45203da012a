// Everything in which a secret could have been left, as bytes with the place they are from: answers of the API, streams and
// buckets, the controller's log, what the engine knows, files of the home, and what the command line says.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connectNats } from "../../bus/connection.ts";
import { controllerOwner, inboxPrefix } from "../../bus/subjects.ts";
import { createAuthority } from "../../controller/identity/authority.ts";
import { loadOrCreateKeys } from "../../controller/identity/keys.ts";
import { drover as command } from "../cli/drover.ts";
import { containersOf } from "../docker.ts";
import type { Drover } from "../drover.ts";

export type Found = { readonly where: string; readonly bytes: Buffer };

/** Of real things, to put into addresses: by the collection that the address begins with. */
export type Names = Readonly<Record<string, readonly string[]>>;

/** Longer than what is stored already takes to be streamed. */
const streamMs = 1_000;
const idsMax = 25;
/** A hundred megabytes of images and breeds, each of which is looked at by itself. */
const bundle = "/api/v1/bundle";

/** Every GET of the API with every name and id that there is. An address whose parameters are not known here is an error. */
export async function answers({ url }: Drover, names: Names): Promise<Found[]> {
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const addresses = Object.entries(paths)
    .filter(([path, methods]) => "get" in methods && path !== bundle)
    .flatMap(([path]) => addressesOf(path, names));
  const found = await Promise.all(
    [...addresses, "/openapi.json"].map(async (address) => ({
      where: `GET ${address}`,
      bytes: await bodyOf(url + address + wide(address), address),
    })),
  );
  const yaml = await bodyOf(`${url}/api/v1/workflows`, "", { Accept: "application/x-yaml" });
  return [...found, { where: "GET /api/v1/workflows as YAML", bytes: yaml }];
}

/** As much of it as the address gives at once. */
function wide(address: string): string {
  if (address.endsWith("/stream")) return "?since=1h";
  if (address.endsWith("/logs")) return "?lines=1000";
  return /^\/api\/v1\/(?:events|runs|workflows|secrets)$/.test(address) ? "?per_page=1000" : "";
}

function addressesOf(path: string, names: Names): string[] {
  const [, parameter] = /\{([^}]+)\}/.exec(path) ?? [];
  if (parameter === undefined) return [path];
  const collection = parameter === "name" || parameter === "id" ? (path.split("/")[3] ?? "") : parameter;
  const known = names[collection];
  if (known === undefined) throw new Error(`${path}: tell this test what {${parameter}} may be`);
  return known
    .slice(0, idsMax)
    .flatMap((one) => addressesOf(path.replace(`{${parameter}}`, encodeURIComponent(one)), names));
}

/** A stream has no end: what it has by then. */
async function bodyOf(url: string, address: string, headers: Record<string, string> = {}): Promise<Buffer> {
  const isStream = address.endsWith("/stream");
  const chunks: Uint8Array[] = [];
  try {
    const response = await fetch(url, { headers, ...(isStream && { signal: AbortSignal.timeout(streamMs) }) });
    for await (const chunk of response.body ?? []) chunks.push(chunk as Uint8Array);
  } catch (error) {
    if (!isStream) throw error;
  }
  return Buffer.concat(chunks);
}

/** Every message of every stream, those behind buckets included. */
export async function messages({ home }: Drover): Promise<Found[]> {
  const dir = join(home, "nats");
  const credentials = await createAuthority(loadOrCreateKeys(join(dir, "keys.json"))).controllerCredentials();
  const { host, port } = JSON.parse(readFileSync(join(dir, "server.json"), "utf8")) as { host: string; port: number };
  const nc = await connectNats(
    { servers: [`nats://${host}:${port}`], credentials },
    { name: "leak scan", inboxPrefix: inboxPrefix(controllerOwner), timeoutMs: 10_000 },
  );
  try {
    const jsm = await jetstreamManager(nc);
    const found: Found[] = [];
    for await (const { config, state } of jsm.streams.list()) {
      for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
        const message = await jsm.streams.getMessage(config.name, { seq }).catch(() => null);
        if (message === null) continue;
        const bytes = Buffer.concat([Buffer.from(message.subject), Buffer.from(message.data)]);
        found.push({ where: `${config.name} ${seq}`, bytes });
      }
    }
    return found;
  } finally {
    await nc.close();
  }
}

/** Containers as they are inspected, their processes and logs, their images, layer by layer, and volumes. */
export async function engine({ docker, installation }: Drover): Promise<Found[]> {
  const found: Found[] = [];
  const say = (where: string, value: unknown): void =>
    void found.push({ where, bytes: Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value)) });
  for (const { Id, Labels, Image, Names: names } of await containersOf(docker, installation)) {
    const container = docker.getContainer(Id);
    const name = names[0] ?? Id;
    const inspected = await container.inspect();
    const cores = (inspected.HostConfig.Ulimits ?? []).find((limit) => limit.Name === "core");
    if (cores?.Hard !== 0) throw new Error(`${name} may leave a core dump`);
    say(`docker inspect ${name}`, inspected);
    if (inspected.State.Running)
      say(`docker top ${name}`, await container.top({ ps_args: "-eo pid,args" }).catch(() => ""));
    // What a user's own image writes is in the engine's log of it, as it was written.
    if (Labels["drover.role"] !== "app")
      say(`docker logs ${name}`, await container.logs({ stdout: true, stderr: true }));
    say(`docker image inspect ${Image}`, await docker.getImage(Image).inspect());
    say(`docker history ${Image}`, await docker.getImage(Image).history());
  }
  say("docker volume ls", await docker.listVolumes());
  return found;
}

/** Every file in the home: the store of NATS, the index, keys, locks. */
export function files({ home }: Drover): Found[] {
  return readdirSync(home, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    return entry.isFile() ? [{ where: path, bytes: readFileSync(path) }] : [];
  });
}

export async function said({ url }: Drover, lines: readonly (readonly string[])[]): Promise<Found[]> {
  return Promise.all(
    lines.map(async (parameters) => {
      const { stdout, stderr } = await command(parameters, { url });
      return { where: `drover ${parameters.join(" ")}`, bytes: Buffer.from(stdout + stderr) };
    }),
  );
}
