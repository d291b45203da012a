// Code of a workflow that tries every way out of its container. Each place is reached by a container without a fence on the same
// network (the control), so what is closed is closed by the fence and not by chance.
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WorkflowView } from "../../cli/views.ts";
import { framesOf } from "../../controller/runtime/docker-frames.ts";
import { call, eventually, follow } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";
import { buildUserImage } from "./user-image.ts";

type Place = { readonly host: string; readonly port: number };
type Tried = Record<"nats" | "host" | "elsewhere" | "metadata" | "neighbour" | "names" | "loopback" | "socket", string>;

/** Tries every place in PLACES; answers `open`, or why not. */
const tryAll = `
const places = JSON.parse(process.env.PLACES);
const tried = {};
const reach = (where) => new Promise((resolve) => {
  const socket = require('net').connect(where);
  const done = (answer) => { socket.destroy(); resolve(answer); };
  socket.setTimeout(3000, () => done('timeout')).on('connect', () => done('open')).on('error', (error) => done(error.code));
});
async function tryAll() {
  for (const [name, where] of Object.entries(places.connect)) tried[name] = await reach(where);
  tried.names = await require('dns').promises.lookup(places.name).then(() => 'open', (error) => error.code);
  return tried;
}`;
const daemon = `${tryAll}
tryAll().then((tried) => new (require('vamp-node-client').Api)().event(['tried'], tried, 'tried'));
setInterval(() => {}, 60000);`;
const victim = `require('net').createServer((socket) => socket.end('mine')).listen(7000, '0.0.0.0',
  () => new (require('vamp-node-client').Api)().event(['listening'], null, 'listening'));`;

let drover: Drover;
let hostService: Server;
let places: { readonly connect: Record<string, Place | { path: string }>; readonly name: string };
let agentImage: string;
let bridge: string;

beforeAll(async () => {
  drover = await startDrover();
  await using tail = await follow(drover.url, "?type=listening");
  await save("victim", victim);
  await tail.until(({ type }) => type === "listening");

  const name = `drover-${drover.installation}-victim.holder`;
  const holder = await drover.docker.getContainer(name).inspect();
  const [attached] = Object.values(holder.NetworkSettings.Networks);
  const gateway = attached?.Gateway ?? "";
  const own = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const another = own.find((one) => !one.internal && one.family === "IPv4" && one.address !== gateway);
  agentImage = holder.Config.Image;
  bridge = holder.HostConfig.NetworkMode ?? "";
  hostService = createServer((socket) => socket.on("error", () => {}).end("host")).listen(0, "0.0.0.0");
  await once(hostService, "listening");
  const { port } = hostService.address() as { port: number };
  const { nats } = (await call<{ nats: { url: string } }>(drover.url, "GET", "/info")).body;
  places = {
    name,
    connect: {
      nats: { host: gateway, port: Number(new URL(nats.url).port) },
      host: { host: gateway, port },
      elsewhere: { host: another?.address ?? "no other address", port },
      metadata: { host: "169.254.169.254", port: 80 },
      neighbour: { host: attached?.IPAddress ?? "", port: 7_000 },
      loopback: { host: "127.0.0.1", port: Number(new URL(drover.url).port) },
      socket: { path: "/var/run/docker.sock" },
    },
  };
});

afterAll(async () => {
  hostService?.close();
  await drover[Symbol.asyncDispose]();
});

async function save(name: string, definition: string, rest: Record<string, unknown> = {}): Promise<void> {
  const breed = { deployable: { type: "application/javascript", definition } };
  const workflow = { breed, schedule: "daemon", scale: { cpu: 1 }, ...rest };
  const { status, body } = await call(drover.url, "PUT", `/workflows/${name}`, workflow);
  expect(status, JSON.stringify(body)).toBeLessThan(300);
}

const environment = () => ({ PLACES: JSON.stringify(places) });

async function triedBy(network: string): Promise<Tried> {
  await using tail = await follow(drover.url, "?type=tried");
  await save(`in-${network}`, daemon, { network, environment_variables: environment() });
  const { value } = await tail.until(({ source }) => source.endsWith(`/in-${network}`));
  return value as Tried;
}

describe("code of a workflow", () => {
  const closed = { nats: "EHOSTUNREACH", host: "EHOSTUNREACH", elsewhere: "EHOSTUNREACH", metadata: "EHOSTUNREACH" };

  test("without a fence would reach NATS, this host and the name server", async () => {
    const { docker } = drover;
    const container = await docker.createContainer({
      Image: agentImage,
      Entrypoint: ["/usr/local/bin/node", "-e", `${tryAll} tryAll().then((all) => console.log(JSON.stringify(all)))`],
      Env: [`PLACES=${JSON.stringify(places)}`],
      HostConfig: { NetworkMode: bridge },
    });
    await container.start();
    await container.wait();
    const output = framesOf(await container.logs({ follow: false, stdout: true, stderr: true }));
    await container.remove({ force: true });
    const tried = JSON.parse(output.map(({ text }) => text).join("")) as Tried;
    expect(tried).toMatchObject({ nats: "open", host: "open", elsewhere: "open", names: "open" });
  });

  test("under network: bridge reaches neither NATS, nor this host, nor its neighbours, nor a cloud's metadata", async () => {
    expect(await triedBy("bridge")).toEqual({
      ...closed,
      neighbour: expect.stringMatching(/timeout|EHOSTUNREACH/),
      loopback: "ECONNREFUSED",
      socket: "ENOENT",
      names: "open",
    });
  });

  test.each(["internal", "none"])(
    "under network: %s reaches its API and nothing else, no name server either",
    async (word) => {
      expect(await triedBy(word)).toEqual({
        ...closed,
        neighbour: "EHOSTUNREACH",
        loopback: "ECONNREFUSED",
        socket: "ENOENT",
        names: expect.stringMatching(/^(?:ECONNREFUSED|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH)$/),
      });
    },
  );

  test("that is moved from bridge to none gets a namespace of its own, and the old one is gone with its last instance", async () => {
    await save("moved", "setInterval(() => {}, 60000);");
    await running("moved");
    await save("moved", "setInterval(() => {}, 60000);", { network: "none" });
    await running("moved");
    const holders = async (): Promise<string[]> => {
      const label = [`drover.installation=${drover.installation}`, "drover.role=holder", "drover.workflow=moved"];
      const found = await drover.docker.listContainers({ all: true, filters: { label } });
      return found.map(({ Labels }) => Labels["drover.network"] ?? "").toSorted();
    };
    expect(await holders()).toContain("none");
    await call(drover.url, "DELETE", "/workflows/moved");
    expect(await eventually(holders, (left) => left.length === 0)).toEqual([]);
  });
});

async function running(name: string): Promise<WorkflowView> {
  const view = async () => (await call<WorkflowView>(drover.url, "GET", `/workflows/${name}`)).body;
  return eventually(
    view,
    ({ status, deployment, instances }) =>
      status === "running" && instances.some((one) => one.name.startsWith(`${name}-${deployment.slice(0, 6)}`)),
  );
}

describe("an image", () => {
  const images: AsyncDisposable[] = [];
  afterAll(async () => {
    for (const image of images) await image[Symbol.asyncDispose]();
  });

  async function deploy(user: string, network: string): Promise<string> {
    const program = `${tryAll} tryAll().then((value) => fetch(process.env.VAMP_URL + '/api/v1/events', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ tags: ['tried'], type: 'tried', value }),
    })); setInterval(() => {}, 60000);`;
    const image = await buildUserImage(drover.docker, { from: agentImage, user, program });
    images.push(image);
    const name = `image-${images.length}`;
    const breed = { deployable: { type: "container/docker", definition: image.tag } };
    const workflow = { breed, schedule: "daemon", network, environment_variables: environment() };
    expect((await call(drover.url, "PUT", `/workflows/${name}`, workflow)).status).toBeLessThan(300);
    return name;
  }

  async function triedByImage(user: string, word: string): Promise<Tried> {
    await using tail = await follow(drover.url, "?type=tried");
    const name = await deploy(user, word);
    const { value } = await tail.until(({ source }) => source.endsWith(`/${name}`));
    await call(drover.url, "DELETE", `/workflows/${name}`);
    return value as Tried;
  }

  const closed = {
    host: "EHOSTUNREACH",
    elsewhere: "EHOSTUNREACH",
    metadata: "EHOSTUNREACH",
    neighbour: "EHOSTUNREACH",
  };

  test("that may be root is refused network: none, in the workflow's message", async () => {
    const name = await deploy("root", "none");
    const view = async () => (await call<WorkflowView>(drover.url, "GET", `/workflows/${name}`)).body;
    const { message } = await eventually(view, (one) => one.message !== null);
    expect(message).toContain("network: none needs an image that is known not to run as root");
    expect(message).toContain('write "network: internal"');
    await call(drover.url, "DELETE", `/workflows/${name}`);
  });

  test("that is root reaches its API under network: internal, and a NATS that does not know it, and nothing else", async () => {
    expect(await triedByImage("0", "internal")).toMatchObject({ ...closed, nats: "open" });
  });

  test("that is somebody else reaches its API under network: none and nothing else", async () => {
    expect(await triedByImage("1000:1000", "none")).toMatchObject({ ...closed, nats: "EHOSTUNREACH" });
  });
});
