// A redis-server of the benchmark's own, on a free port, with an append-only file that is synced every second: what it has
// answered survives its own crash and is lost to a power cut of a second at most.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const program = "redis-server";

export type Redis = AsyncDisposable & { readonly port: number; readonly version: string };

/** Resolves when it takes connections; null when this machine has no redis-server. */
export async function startRedis(): Promise<Redis | null> {
  const folder = await mkdtemp(join(tmpdir(), "drover-redis-"));
  const port = await freePort();
  const settings = { port, bind: "127.0.0.1", dir: folder, save: "", appendonly: "yes", appendfsync: "everysec" };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = Promise.withResolvers<null>();
  child.once("exit", () => ended.resolve(null));
  // No such program.
  child.once("error", () => ended.resolve(null));
  const ready = Promise.withResolvers<string>();
  let version = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    version = /Redis version=([\d.]+)/.exec(line)?.[1] ?? version;
    if (line.includes("Ready to accept connections")) ready.resolve(version);
  });

  const started = await Promise.race([ready.promise, ended.promise]);
  if (started === null) {
    await rm(folder, { recursive: true, force: true });
    return null;
  }
  return {
    port,
    version: started,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended.promise;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
