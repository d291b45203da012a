// Events across an engine that goes away and comes back: a real engine behind a socket that the test opens and closes.
import { mkdtemp, rm } from "node:fs/promises";
import { type Server, type Socket, connect, createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestEngine, openEngine } from "./engine.ts";
import { specOf } from "./instances.ts";

const engineSocket = "/var/run/docker.sock";
let engine: TestEngine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine();
  folder = await mkdtemp(join(tmpdir(), "drover-events-"));
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

type Door = { readonly open: () => Promise<void>; readonly close: () => Promise<void> };

/** A socket at `path` that leads to the engine while it is open. */
function createDoor(path: string): Door {
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  return {
    async open() {
      server = createServer((client) => {
        const upstream = connect(engineSocket);
        for (const socket of [client, upstream]) {
          sockets.add(socket);
          socket.on("error", () => socket.destroy());
          socket.on("close", () => sockets.delete(socket));
        }
        client.pipe(upstream).pipe(client);
      });
      await once(server.listen(path), "listening");
    },
    async close() {
      const closing = server;
      if (!closing) return;
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => closing.close(resolve));
    },
  };
}

test("events go on after the engine was away, beginning with a call to look again", async () => {
  const socketPath = join(folder, "docker.sock");
  const door = createDoor(socketPath);
  await door.open();
  const runtime = engine.another(new Docker({ socketPath }));
  const stop = new AbortController();
  const events = runtime.events(stop.signal)[Symbol.asyncIterator]();
  expect(await events.next()).toEqual({ done: false, value: { instance: null } });

  const next = events.next();
  await door.close();
  await expect(runtime.list()).rejects.toMatchObject({ code: "engine-unavailable" });
  await door.open();
  expect(await next).toEqual({ done: false, value: { instance: null } });

  const spec = specOf();
  await runtime.start(spec);
  // Before it, its workflow's holder and what guards its network started.
  const about: (string | null)[] = [];
  while (!about.includes(spec.instance)) about.push((await events.next()).value?.instance ?? null);
  expect(new Set(about.slice(0, -1))).toEqual(new Set([null]));
  stop.abort();
  let last = await events.next();
  while (!last.done) last = await events.next();
  await door.close();
  await engine.runtime.remove(spec.instance);
});
