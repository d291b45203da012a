import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type NatsServer, startNatsServer } from "../../bus/server.ts";
import { createAuthority } from "../../controller/identity/authority.ts";
import { loadOrCreateKeys } from "../../controller/identity/keys.ts";

let dir: string;
let started: NatsServer[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "drover-server-"));
  started = [];
});

afterEach(async () => {
  for (const server of started) await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function start(host = "127.0.0.1", binary = "nats-server"): Promise<NatsServer> {
  const authority = createAuthority(loadOrCreateKeys(join(dir, "keys.json")));
  const server = await startNatsServer({
    dir,
    host,
    binary,
    storeBytesMax: 1_073_741_824,
    trust: () => authority.serverTrust(),
  });
  started.push(server);
  return server;
}

test("a server that still runs is adopted, not started twice (I9)", async () => {
  const first = await start();
  const second = await start();
  expect([first.adopted, second.adopted]).toEqual([false, true]);
  expect(second.url).toBe(first.url);
});

test("a server that was stopped comes back on its port, so that agents find it again", async () => {
  const first = await start();
  await first.stop();
  const second = await start();
  expect(second.adopted).toBe(false);
  expect(second.url).toBe(first.url);
});

test("a server on another address than the wanted one is replaced", async () => {
  await start("127.0.0.1");
  const second = await start("127.0.0.2");
  expect(second.adopted).toBe(false);
  expect(second.url).toContain("127.0.0.2");
});

test("a program that is not there, or an address that is not this host's, is one clear error", async () => {
  await expect(start("127.0.0.1", "/nowhere/nats-server")).rejects.toThrow(/cannot start \/nowhere\/nats-server/);
  await expect(start("203.0.113.1")).rejects.toThrow(/no port of 203\.0\.113\.1 can be opened/);
});
