// The NATS server of a controller under test, seen with the controller's own identity.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { connectNats } from "../bus/connection.ts";
import { bucketNames, bucketStream, controllerOwner, inboxPrefix } from "../bus/subjects.ts";
import { batchesStream, eventsStream, logsStream, runsStream } from "../bus/subjects.ts";
import { createAuthority } from "../controller/identity/authority.ts";
import { loadOrCreateKeys } from "../controller/identity/keys.ts";

export type ServerRecord = {
  readonly host: string;
  readonly port: number;
  readonly process: { readonly pid: number; readonly startTicks: string };
};

export function serverRecord(home: string): ServerRecord {
  return JSON.parse(readFileSync(join(home, "nats", "server.json"), "utf8")) as ServerRecord;
}

/** Close it. */
export async function connectAsController(home: string): Promise<NatsConnection> {
  const { host, port } = serverRecord(home);
  const keys = loadOrCreateKeys(join(home, "nats", "keys.json"));
  return connectNats(
    { servers: [`nats://${host}:${port}`], credentials: await createAuthority(keys).controllerCredentials() },
    { name: "test", inboxPrefix: inboxPrefix(controllerOwner), timeoutMs: 10_000 },
  );
}

/** How many consumers each stream has, those of buckets too; streams without any are left out. */
export async function consumersOf(home: string): Promise<Readonly<Record<string, number>>> {
  const nc = await connectAsController(home);
  try {
    const jsm = await jetstreamManager(nc);
    const streams = [eventsStream, runsStream, logsStream, batchesStream, ...bucketNames.map(bucketStream)];
    const counts = await Promise.all(
      streams.map(async (name) => [name, (await jsm.streams.info(name)).state.consumer_count] as const),
    );
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  } finally {
    await nc.close();
  }
}
