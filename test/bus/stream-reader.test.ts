// A stream read in order by somebody who takes his time, from a server that is restarted meanwhile.
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { expect, test } from "vitest";
import { connectNats } from "../../bus/connection.ts";
import { type StreamReader, openStreamReader } from "../../bus/stream-reader.ts";
import { messageBytesMax } from "../../bus/streams.ts";
import { controllerOwner, inboxPrefix } from "../../bus/subjects.ts";
import { type TestNats, startNats } from "../nats.ts";

const stream = "READ";
const waitMs = 20_000;

type Here = AsyncDisposable & {
  readonly nats: TestNats;
  readonly nc: NatsConnection;
  store(from: number, to: number, subject?: string): Promise<void>;
  consumers(): Promise<number>;
};

async function start(): Promise<Here> {
  const nats = await startNats();
  const target = { servers: [nats.url], credentials: null };
  const nc = await connectNats(target, { name: "test", inboxPrefix: inboxPrefix(controllerOwner), timeoutMs: 10_000 });
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({ name: stream, subjects: ["read.>"] });
  return {
    nats,
    nc,
    async store(from, to, subject = "read.a") {
      for (let n = from; n <= to; n += 1) await jetstream(nc).publish(subject, String(n));
    },
    consumers: async () => (await jsm.streams.info(stream)).state.consumer_count,
    async [Symbol.asyncDispose]() {
      await nc.close();
      await nats[Symbol.asyncDispose]();
    },
  };
}

async function read(reader: StreamReader, count: number, into: number[] = []): Promise<number[]> {
  while (into.length < count) into.push(...(await reader.next(waitMs)).map(({ seq }) => seq));
  return into;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);

test("messages come in order from a sequence on, as they are stored, and the consumer goes with the reader", async () => {
  await using here = await start();
  await here.store(1, 600);
  const reader = await openStreamReader(here.nc, stream, { from: { kind: "sequence", sequence: 11 } });
  const seen = await read(reader, 590);
  expect(seen).toEqual(upTo(600).slice(10));
  expect(await reader.isAtEnd()).toBe(true);
  const waiting = reader.next(waitMs);
  await here.store(601, 601);
  expect((await waiting).map(({ seq, subject, data }) => `${seq} ${subject} ${String(Buffer.from(data))}`)).toEqual([
    "601 read.a 601",
  ]);
  expect(await reader.next(50)).toEqual([]);
  expect(await here.consumers()).toBe(1);
  const last = reader.next(waitMs);
  await reader.stop();
  expect(await last).toEqual([]);
  expect(await here.consumers()).toBe(0);
});

test("only messages under the subject come, and the end is seen behind others", async () => {
  await using here = await start();
  await here.store(1, 3, "read.b");
  await here.store(4, 5, "read.a");
  await here.store(6, 9, "read.b");
  const reader = await openStreamReader(here.nc, stream, {
    from: { kind: "sequence", sequence: 1 },
    subject: "read.a",
  });
  expect(await read(reader, 2)).toEqual([4, 5]);
  expect(await reader.isAtEnd()).toBe(true);
  await reader.stop();
});

test("the largest messages come, and no more of them at a time than the limit in bytes", async () => {
  await using here = await start();
  const large = new Uint8Array(messageBytesMax - 1_000);
  for (let n = 0; n < 3; n += 1) await jetstream(here.nc).publish("read.a", large);
  const reader = await openStreamReader(here.nc, stream, { from: { kind: "sequence", sequence: 1 } });
  for (const seq of [1, 2, 3]) expect((await reader.next(waitMs)).map((message) => message.seq)).toEqual([seq]);
  await reader.stop();
});

test("a reader outlives its consumer and its server: each message comes once", { timeout: 90_000 }, async () => {
  await using here = await start();
  await here.store(1, 1_000);
  const reader = await openStreamReader(here.nc, stream, { from: { kind: "sequence", sequence: 1 } });
  const seen = await read(reader, 200);
  const jsm = await jetstreamManager(here.nc);
  for (const { name } of await Array.fromAsync(jsm.consumers.list(stream))) await jsm.consumers.delete(stream, name);
  await read(reader, 700, seen);
  await here.nats.kill();
  await here.nats.restart();
  await read(reader, 1_000, seen);
  expect(seen).toEqual(upTo(1_000));
  await reader.stop();
});
