// Who goes when there are too many connections.
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { boundConnections } from "../../controller/http/connections.ts";
import { lines, openSocket } from "./raw.ts";

const max = 5;
const largeChars = 20_000_000;

let app: FastifyInstance;
let url: string;
let sockets: Socket[];

beforeEach(async () => {
  app = Fastify({ forceCloseConnections: true });
  boundConnections(app, max);
  app.get("/quick", () => "done");
  app.get("/large", () => "x".repeat(largeChars));
  app.get("/endless", (_, reply) => {
    reply.hijack();
    reply.raw.write("HTTP/1.1 200 OK\r\n\r\nfirst");
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await app.close();
});

async function opened(count: number, path: string | null = null): Promise<Socket[]> {
  const some: Socket[] = [];
  for (let n = 0; n < count; n += 1) {
    const socket = await openSocket(url);
    socket.on("error", () => {});
    if (path !== null) socket.write(lines(`GET ${path} HTTP/1.1`, "Host: a", "", ""));
    some.push(socket);
  }
  sockets.push(...some);
  return some;
}

const isClosed = (socket: Socket): boolean => socket.destroyed || socket.readableEnded;

test("one more takes the place of the one that was idle longest", async () => {
  const [first, second, ...others] = await opened(max);
  // Whoever was answered lately has not been idle for long.
  first?.write(lines("GET /quick HTTP/1.1", "Host: a", "", ""));
  await once(first as Socket, "data");
  second?.resume();
  await opened(1, "/quick");
  await vi.waitFor(() => expect(isClosed(second as Socket)).toBe(true));
  expect([first, ...others].filter((socket) => isClosed(socket as Socket))).toEqual([]);
});

test("when none is idle, it takes the place of one that does not read what it asked for", async () => {
  const streams = await opened(max - 1, "/endless");
  for (const stream of streams) await once(stream, "data");
  await opened(1, "/large");
  await vi.waitFor(async () => expect((await fetch(`${url}/quick`)).status).toBe(200));
  expect(streams.filter(isClosed)).toEqual([]);
});

test("when all are at work, it is closed", async () => {
  const streams = await opened(max, "/endless");
  for (const stream of streams) await once(stream, "data");
  await expect(fetch(`${url}/quick`)).rejects.toThrow("fetch failed");
  expect(streams.filter(isClosed)).toEqual([]);
  streams[0]?.destroy();
  await vi.waitFor(async () => expect((await fetch(`${url}/quick`)).status).toBe(200));
});
