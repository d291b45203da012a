// A NATS server whose store gave up keeps its connections; that is told from one that is frozen, and ends with a restart as soon as
// there is room. (How a store comes to give up is provoked in test/faults/disk-full.ts; here it has never begun.)
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { connect } from "@nats-io/transport-node";
import pino from "pino";
import { expect, test } from "vitest";
import { accepting, usablePort } from "../bus/server-address.ts";
import { lookAt, startStoreWatch } from "../controller/store-watch.ts";
import { startNats } from "./nats.ts";
import { mountSmallDisk } from "./small-disk.ts";

const host = "127.0.0.1";
const log = pino({ level: "silent" });

async function startWithoutStore(): Promise<{ server: ChildProcess; url: string }> {
  const port = await usablePort(host, 0);
  const server = spawn("nats-server", ["-a", host, "-p", String(port)], { stdio: "ignore" });
  await accepting(host, port);
  return { server, url: `nats://${host}:${port}` };
}

test("a store that does not answer is told from a server that does not", { timeout: 30_000 }, async () => {
  await using nats = await startNats();
  const target = { servers: [nats.url], credentials: null };
  const nc = await connect({ servers: nats.url, maxReconnectAttempts: -1 });
  expect(await lookAt(nc, target)).toBe("answers");
  nats.freeze();
  expect(await lookAt(nc, target)).toBe("server-away");
  await nats.kill();
  await nc.close();
});

test(
  "a server whose store is silent is started again, but not while its disk is full",
  { timeout: 60_000 },
  async () => {
    using disk = mountSmallDisk(16_777_216);
    const { server, url } = await startWithoutStore();
    const target = { servers: [url], credentials: null };
    const nc = await connect({ servers: url, maxReconnectAttempts: -1 });
    expect(await lookAt(nc, target)).toBe("silent");

    disk.fill(0);
    const asked: string[] = [];
    const watched = (name: string, folder: string) => {
      const restart = (): Promise<void> => Promise.resolve(void asked.push(name));
      return startStoreWatch({ nc, target, restart, folder, log });
    };
    const watches = [watched("full", disk.folder), watched("roomy", tmpdir())];
    await expect.poll(() => asked, { timeout: 40_000 }).toEqual(["roomy"]);
    disk.empty();
    await expect.poll(() => asked, { timeout: 40_000 }).toContain("full");
    for (const watch of watches) await watch.stop();
    await nc.close();
    server.kill();
    await once(server, "exit");
  },
);
