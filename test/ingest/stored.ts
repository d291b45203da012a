// What became of the events that were sent: as the stream has them, and as the API tells of them.
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { readFileSync } from "node:fs";
import { connectNats } from "../../bus/connection.ts";
import { batchesStream, controllerOwner, eventsStream, inboxPrefix, ownerOf } from "../../bus/subjects.ts";
import { createAuthority } from "../../controller/identity/authority.ts";
import { loadOrCreateKeys } from "../../controller/identity/keys.ts";
import { fromCloudEvent } from "../../model/cloud-event.ts";
import type { Drover } from "../drover.ts";
import { type Mark, mainTag } from "./requests.ts";

export type StoredMark = Mark & { readonly id: string };

const pageSize = 1_000;
/** What is deeper is read by cursor. */
const pagedEventsMax = 30_000;

/** In the order of the stream. `batchesLeft`: messages in the journal of batches. */
export async function inStream(drover: Drover): Promise<{ events: StoredMark[]; batchesLeft: number }> {
  const dir = join(drover.home, "nats");
  const credentials = await createAuthority(loadOrCreateKeys(join(dir, "keys.json"))).controllerCredentials();
  const { host, port } = JSON.parse(readFileSync(join(dir, "server.json"), "utf8")) as { host: string; port: number };
  const nc = await connectNats(
    { servers: [`nats://${host}:${port}`], credentials },
    { name: "ingest test", inboxPrefix: inboxPrefix(controllerOwner), timeoutMs: 10_000 },
  );
  try {
    const jsm = await jetstreamManager(nc);
    const { state } = await jsm.streams.info(eventsStream);
    const { state: batches } = await jsm.streams.info(batchesStream);
    const events: StoredMark[] = [];
    const consumer = await jetstream(nc).consumers.get(eventsStream);
    for await (const message of await consumer.consume({ max_messages: pageSize })) {
      const event = fromCloudEvent(message.data, ownerOf(message.subject));
      if (event?.tags.includes(mainTag)) events.push(markOf(event));
      if (message.seq >= state.last_seq) break;
    }
    return { events, batchesLeft: batches.messages };
  } finally {
    await nc.close();
  }
}

/** Page by page, newest first, as deep as pages go. `total` is exact, or less than there are (`atLeast`). */
export async function byPages(url: string): Promise<{ events: StoredMark[]; total: number; atLeast: boolean }> {
  const events: StoredMark[] = [];
  for (let page = 1; ; page += 1) {
    const { found, headers } = await ask(`${url}/api/v1/events?tag=${mainTag}&page=${page}&per_page=${pageSize}`);
    events.push(...found);
    if (found.length === pageSize && page * pageSize < pagedEventsMax) continue;
    const total = Number(headers.get("X-Total-Count"));
    return { events, total, atLeast: headers.get("X-Total-Count-Relation") === "gte" };
  }
}

/** By cursor, oldest first. */
export async function byCursor(url: string): Promise<StoredMark[]> {
  const events: StoredMark[] = [];
  for (let cursor: string | null = "*"; cursor !== null;) {
    const query = new URLSearchParams({ tag: mainTag, order: "oldest", per_page: String(pageSize), cursor });
    const { found, headers } = await ask(`${url}/api/v1/events?${query.toString()}`);
    events.push(...found);
    cursor = found.length === 0 ? null : headers.get("X-Next-Cursor");
  }
  return events;
}

/** What the aggregator says of the events of one tag. */
export async function counted(url: string, tag: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/events/get`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ tags: [mainTag, tag], aggregator: { type: "count" } }),
  });
  return ((await response.json()) as { value: number }).value;
}

async function ask(address: string): Promise<{ found: StoredMark[]; headers: Headers }> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status} ${await response.text()}`);
  const events = (await response.json()) as { id: string; value: unknown }[];
  return { found: events.map(markOf), headers: response.headers };
}

function markOf({ id, value }: { readonly id: string; readonly value: unknown }): StoredMark {
  const { sender, request, place } = value as Mark;
  return { id, sender, request, place };
}
