// The index is a projection of the stream: it can be thrown away, it can be behind, and it is never the truth.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectNats } from "../../bus/connection.ts";
import { createPublisher } from "../../bus/publisher.ts";
import { eventSubject } from "../../bus/subjects.ts";
import { type Appender, createAppender } from "../../controller/events/append.ts";
import { createBatchJournal } from "../../controller/events/batch-journal.ts";
import { type EventIndex, startEventIndex } from "../../controller/events/index.ts";
import { type EventQuery, eventsOf } from "../../controller/events/questions.ts";
import { type TestNats, startNats } from "../nats.ts";

let nats: TestNats;
let nc: NatsConnection;
let dir: string;
let appender: Appender;
const open: EventIndex[] = [];

beforeEach(async () => {
  nats = await startNats();
  dir = await mkdtemp(join(tmpdir(), "drover-index-"));
  nc = await connectNats(
    { servers: [nats.url], credentials: null },
    { name: "test", inboxPrefix: "_INBOX_-", timeoutMs: 5_000 },
  );
  await (await jetstreamManager(nc)).streams.add({ name: "EVENTS", subjects: ["event.>"] });
  const publisher = createPublisher(nc, { inbox: "_INBOX_-.ack", ackTimeoutMs: 5_000 });
  appender = createAppender(publisher, createBatchJournal(nc, publisher, "test"));
});

afterEach(async () => {
  for (const index of open.splice(0)) await index.stop();
  await nc.close();
  await nats[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

async function openIndex(path = join(dir, "index.sqlite")): Promise<EventIndex> {
  const index = await startEventIndex({ target: { servers: [nats.url], credentials: null }, path, onDeath: () => {} });
  open.push(index);
  return index;
}

const append = (tags: string[], value: unknown, type = "event") =>
  appender.append({ source: "/api", type, tags, value, timestamp: "2026-01-01T00:00:00.000Z" });
const everything: EventQuery = {
  filter: {},
  time: {},
  order: "newest",
  beyond: null,
  offset: 0,
  limit: 30,
  count: "exact",
};
const ask = async (index: EventIndex, tags: string[], type: string | null = null, page = 1, perPage = 30) => {
  const filter = { tags, ...(type && { type }) };
  const found = await index.query(
    { ...everything, filter, offset: (page - 1) * perPage, limit: perPage },
    appender.lastSequence,
  );
  return { total: found.total, values: eventsOf(found).map((event) => event.value) };
};

test("events are found by all of their tags and their type, newest first, page by page", async () => {
  const index = await openIndex();
  for (let n = 0; n < 5; n++) await append(["even", ...(n % 2 ? ["odd"] : [])], n, n === 4 ? "last" : "event");
  expect(await ask(index, [])).toEqual({ total: 5, values: [4, 3, 2, 1, 0] });
  expect(await ask(index, ["even", "odd"])).toEqual({ total: 2, values: [3, 1] });
  expect(await ask(index, ["even"], "last")).toEqual({ total: 1, values: [4] });
  expect(await ask(index, ["even"], null, 2, 2)).toEqual({ total: 5, values: [2, 1] });
  expect(await ask(index, ["nobody"])).toEqual({ total: 0, values: [] });
  expect(await ask(index, ["even"], null, 9)).toEqual({ total: 5, values: [] });
});

test("deleting the file loses nothing, and an index of another stream is thrown away", async () => {
  const first = await openIndex();
  for (let n = 0; n < 20; n++) await append(["a"], n);
  const before = await ask(first, ["a"]);
  const rebuilt = await openIndex(join(dir, "rebuilt.sqlite"));
  expect(await ask(rebuilt, ["a"])).toEqual(before);

  await rebuilt.stop();
  open.splice(open.indexOf(rebuilt), 1);
  const jsm = await jetstreamManager(nc);
  await jsm.streams.delete("EVENTS");
  await jsm.streams.add({ name: "EVENTS", subjects: ["event.>"] });
  await append(["a"], "of the new stream");
  const other = await openIndex(join(dir, "rebuilt.sqlite"));
  const found = await other.query({ ...everything, filter: { tags: ["a"] } }, 1);
  expect(eventsOf(found).map((event) => event.value)).toEqual(["of the new stream"]);
});

test("what was stored while no index ran is there when one starts again, once", async () => {
  const first = await openIndex();
  await append(["a"], 1);
  expect(await ask(first, ["a"])).toEqual({ total: 1, values: [1] });
  await open.splice(0)[0]?.stop();
  await append(["a"], 2);
  expect(await ask(await openIndex(), ["a"])).toEqual({ total: 2, values: [2, 1] });
});

test("bytes that are no event are passed over, and who emitted is taken from the subject", async () => {
  const index = await openIndex();
  const publisher = createPublisher(nc, { inbox: "_INBOX_-.raw", ackTimeoutMs: 5_000 });
  await publisher.publish(eventSubject("mallory", "x"), "not an event", "m1");
  const forged = {
    specversion: "1.0",
    id: "f1",
    source: "/workflows/alice",
    type: "x",
    time: "2026-01-01T00:00:00.000Z",
    tags: "t",
    data: 1,
  };
  const { seq } = await publisher.publish(eventSubject("mallory", "x"), JSON.stringify(forged), "m2");
  const events = eventsOf(await index.query(everything, seq));
  expect(events).toMatchObject([{ id: "f1", source: "/workflows/mallory" }]);
});

test("a page that would be larger than an answer may be is refused, a smaller one of the same events is not", async () => {
  const index = await openIndex();
  for (let n = 0; n < 50; n++) await append(["large"], "x".repeat(200_000));
  await expect(ask(index, ["large"], null, 1, 50)).rejects.toThrow(/smaller per_page/);
  expect((await ask(index, ["large"], null, 1, 20)).values).toHaveLength(20);
});

test("an index that has ended refuses a question at once instead of never answering it", async () => {
  const index = await openIndex();
  await index.stop();
  await expect(ask(index, [])).rejects.toThrow(/has ended/);
  await index.stop();
});

test("a question whose asker has gone fails at once, and so does whatever waits when the index is stopped", async () => {
  const index = await openIndex();
  const gone = new AbortController();
  const asked = index.query(everything, 1_000, gone.signal);
  const waiting = index.query(everything, 1_000);
  const outcomes = Promise.allSettled([asked, waiting]);
  gone.abort();
  await expect(asked).rejects.toThrow(/nobody waits/);
  await expect(index.query(everything, 0, gone.signal)).rejects.toThrow(/nobody waits/);
  const stopped = index.stop();
  await expect(waiting).rejects.toThrow(/stopping/);
  await stopped;
  expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});
