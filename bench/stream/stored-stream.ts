// A nats-server that holds the dataset, and a controller of its own over it, which finds a stream that it has never indexed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { NatsConnection } from "@nats-io/nats-core";
import { connectNats } from "../../bus/connection.ts";
import { ensureStreams } from "../../bus/streams.ts";
import { controllerOwner, inboxPrefix } from "../../bus/subjects.ts";
import { call, eventually } from "../../test/api.ts";
import { type Drover, startDrover } from "../../test/drover.ts";
import { startNats } from "../../test/nats.ts";
import { startFlags } from "../controller.ts";
import { dataset } from "./dataset.ts";
import { fill } from "./fill.ts";

const gib = 1024 ** 3;
const eventsMb = 4_096;
const limits = {
  eventsAgeMs: 30 * 86_400_000,
  eventsBytesMax: eventsMb * 1_048_576,
  runsBytesMax: gib,
  logsBytesMax: gib,
};
const connectTimeoutMs = 10_000;
const rebuildMaxMs = 300_000;

export type StoredStream = AsyncDisposable & {
  readonly drover: Drover;
  readonly pid: number;
  /** For what is to be in the stream without any edge. */
  readonly nc: NatsConnection;
  readonly filledPerSecond: number;
  readonly rebuilt: { readonly events: number; readonly tookMs: number };
};

export async function startOverStream(count: number): Promise<StoredStream> {
  await using opened = new AsyncDisposableStack();
  const nats = opened.use(await startNats());
  const target = { servers: [nats.url], credentials: null };
  const options = { name: "drover bench", inboxPrefix: inboxPrefix(controllerOwner), timeoutMs: connectTimeoutMs };
  const nc = await connectNats(target, options);
  opened.defer(() => nc.close());
  await ensureStreams(nc, limits);
  const events = dataset({ count, endMs: Date.now() });
  const filledPerSecond = await fill(nc, count, () => events.next());

  const settings = { NATS_URL: nats.url, DROVER_EVENTS_MB: String(eventsMb), NODE_OPTIONS: startFlags() };
  const drover = opened.use(await startDrover(settings));
  const lock = JSON.parse(readFileSync(join(drover.home, "controller.lock"), "utf8")) as { pid: number };
  const rebuilt = await rebuiltEvent(drover.url);
  const closing = opened.move();
  return {
    drover,
    pid: lock.pid,
    nc,
    filledPerSecond,
    rebuilt,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** What the controller itself says of it; the index answers when it has seen all that was there. */
async function rebuiltEvent(url: string): Promise<{ events: number; tookMs: number }> {
  const ask = () => call<{ value: { events: number; tookMs: number } }[]>(url, "GET", "/events?tag=index:rebuilt");
  const { body } = await eventually(ask, ({ status, body: found }) => status === 200 && found.length > 0, rebuildMaxMs);
  const [event] = body;
  if (event === undefined) throw new Error("the controller did not say that its index was built");
  return event.value;
}
