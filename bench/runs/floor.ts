// The floor of the whole path as a Path: its own nats-server, server process and container, and a reader of the stored results.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeliverPolicy, jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type Docker from "dockerode";
import { readingOptions } from "../../bus/reading.ts";
import { startNats } from "../../test/nats.ts";
import { startServer } from "../server-process.ts";
import { createPoster } from "./flood.ts";
import { floorOut } from "./floor-subjects.ts";
import type { Path } from "./path.ts";
import { createSightings } from "./sightings.ts";
import { triggerEvent } from "./trigger-event.ts";

const server = new URL("./floor-server.ts", import.meta.url);
const agentProgram = new URL("./floor-agent.ts", import.meta.url).pathname;
const programInContainer = "/floor/agent.mts";
const folderInContainer = "/floor/run";
const socketName = "agent.sock";

export type FloorOptions = {
  readonly name: string;
  readonly image: string;
  /** `handler`: the code stays loaded. `spare`: each run has a process of its own, booted before. */
  readonly mode: "handler" | "spare";
};

export async function startFloor(docker: Docker, { name, image, mode }: FloorOptions): Promise<Path> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "drover-floor-"));
  stack.defer(async () => rm(folder, { recursive: true, force: true }));
  const nats = stack.use(await startNats());
  const { url } = stack.use(await startServer(server, [nats.url, join(folder, socketName)]));
  const poster = stack.use(createPoster(url));
  const seen = createSightings();

  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ["/usr/local/bin/node"],
    Cmd: [programInContainer, `${folderInContainer}/${socketName}`, mode],
    HostConfig: {
      NetworkMode: "none",
      Binds: [`${agentProgram}:${programInContainer}:ro`, `${folder}:${folderInContainer}`],
    },
  });
  stack.defer(async () => void (await container.remove({ force: true, v: true })));
  await container.start();

  const nc = await connect({ servers: nats.url });
  stack.defer(async () => nc.close());
  const reader = await jetstream(nc).consumers.get(floorOut, { deliver_policy: DeliverPolicy.All });
  await reader.consume({ ...readingOptions, callback: (message) => seen.see(message.json<{ id: string }>().id) });

  const kept = stack.move();
  return {
    name,
    async one() {
      const id = randomUUID();
      const startedMs = performance.now();
      await poster.post(triggerEvent({ id }));
      return (await seen.of(id)) - startedMs;
    },
    async many(count) {
      const startedMs = performance.now();
      const [seenMs] = await Promise.all([seen.more(count), poster.flood(triggerEvent({ id: "many" }), count)]);
      return seenMs - startedMs;
    },
    [Symbol.asyncDispose]: async () => kept.disposeAsync(),
  };
}
