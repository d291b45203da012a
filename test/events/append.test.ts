// Batches: whole or not at all, on a real nats-server.
import { DiscardPolicy, jetstreamManager } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import { expect, test } from "vitest";
import { batchesStream, eventsStream } from "../../bus/subjects.ts";
import { BatchTooLarge } from "../../controller/events/batch.ts";
import { type TestBus, startBus } from "../triggers/bus.ts";
import { dyingAfter, eventOf, journalSize, startController, untilJournalIsEmpty } from "./batch-bus.ts";

const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `e-${n}`);
const batchOf = (count: number, over = {}) => Array.from({ length: count }, (_, n) => eventOf(n, over));

async function storedIds(bus: TestBus): Promise<string[]> {
  return (await bus.events("reading")).map(({ id }) => id);
}

test("the events of a batch are stored in their order, each once, and the journal is empty afterwards", async () => {
  await using bus = await startBus();
  const { appender } = await startController(bus, "one");
  const given = batchOf(5_000);
  expect(await appender.appendAll(given)).toEqual(ids(5_000));
  expect(await storedIds(bus)).toEqual(ids(5_000));
  expect(appender.lastSequence).toBe(5_000);
  await untilJournalIsEmpty(bus.nc);
});

test("of events with the same id in one batch the first is stored, and a batch that is repeated is stored once", async () => {
  await using bus = await startBus();
  const { appender } = await startController(bus, "one");
  const given = [eventOf(0), eventOf(1), eventOf(0, { value: "again" })];
  expect(await appender.appendAll(given)).toEqual(ids(2));
  await appender.appendAll([...given, eventOf(2)]);
  expect((await bus.events("reading")).map(({ value }) => value)).toEqual([0, 1, 2]);
});

test("what the iteration throws is the answer, and nothing of the batch is stored", async () => {
  await using bus = await startBus();
  const { appender } = await startController(bus, "one");
  function* broken() {
    yield eventOf(0);
    throw new Error("line 2 is no event");
  }
  await expect(appender.appendAll(broken())).rejects.toThrow("line 2 is no event");
  expect(await storedIds(bus)).toEqual([]);
  expect(await journalSize(bus.nc)).toBe(0);
});

test("an empty batch stores nothing, and one of a single event needs no journal", async () => {
  await using bus = await startBus();
  const { appender } = await startController(bus, "one");
  expect(await appender.appendAll([])).toEqual([]);
  expect(await appender.appendAll([eventOf(0)])).toEqual(ids(1));
  const { state } = await (await jetstreamManager(bus.nc)).streams.info(batchesStream);
  expect(state.last_seq).toBe(0);
});

/** Five events of 300 KB take two parts of the journal, so the batch is recorded after two messages and stored after seven. */
const large = batchOf(5, { value: "x".repeat(300_000) });
test.each([
  { messages: 0, stored: 0 },
  { messages: 1, stored: 0 },
  { messages: 2, stored: 5 },
  { messages: 3, stored: 5 },
  { messages: 6, stored: 5 },
  { messages: 7, stored: 5 },
])("of a controller that dies after $messages of 7 messages $stored of 5 events are stored", async (row) => {
  await using bus = await startBus();
  const dead = await startController(bus, "one", dyingAfter(row.messages));
  void dead.appender.appendAll(large);
  await expect.poll(async () => (await storedIds(bus)).length + (await journalSize(bus.nc))).toBe(row.messages);
  const next = await startController(bus, "one");
  const repair = next.repair();
  await untilJournalIsEmpty(bus.nc);
  expect(await storedIds(bus)).toEqual(ids(row.stored));
  await repair.stop();
});

test("what was stored before the duplicate window ended is not stored again by the repair", async () => {
  await using bus = await startBus();
  const jsm = await jetstreamManager(bus.nc);
  await jsm.streams.update(eventsStream, { duplicate_window: nanos(100) });
  const dead = await startController(bus, "one", dyingAfter(4));
  void dead.appender.appendAll(batchOf(9));
  await expect.poll(() => storedIds(bus)).toEqual(ids(3));
  const probe = (): Promise<boolean> =>
    dead.publisher.publish("event.-.probe", "x", "e-0").then(({ duplicate }) => duplicate);
  await expect.poll(probe).toBe(false);
  const repair = (await startController(bus, "one")).repair();
  await untilJournalIsEmpty(bus.nc);
  expect(await storedIds(bus)).toEqual(ids(9));
  await repair.stop();
});

test("a batch that another installation has just recorded is left to it", async () => {
  await using bus = await startBus();
  const other = await startController(bus, "other", dyingAfter(2));
  void other.appender.appendAll(batchOf(3));
  await expect.poll(() => storedIds(bus)).toEqual(ids(1));
  const own = await startController(bus, "one", dyingAfter(2));
  void own.appender.appendAll([eventOf(10), eventOf(11)]);
  await expect.poll(() => storedIds(bus)).toEqual(["e-0", "e-10"]);
  const repair = (await startController(bus, "one")).repair();
  await expect.poll(() => storedIds(bus)).toEqual(["e-0", "e-10", "e-11"]);
  await repair.stop();
  expect(await journalSize(bus.nc)).toBe(1);
});

test("batches that are being stored while the server is killed are stored whole, in order, each event once (I1)", async () => {
  await using bus = await startBus();
  const { appender } = await startController(bus, "one");
  const batch = (name: number) => Array.from({ length: 3_000 }, (_, n) => eventOf(n, { id: `${name}-${n}` }));
  const batches = Array.from({ length: 20 }, (_, name) => batch(name));
  const storing = Promise.all(batches.map((of) => appender.appendAll(of)));
  await expect
    .poll(async () => (await (await jetstreamManager(bus.nc)).streams.info(eventsStream)).state.messages, {
      interval: 1,
      timeout: 30_000,
    })
    .toBeGreaterThan(0);
  await bus.nats.kill();
  await bus.nats.restart();
  await storing;
  const stored = await storedIds(bus);
  expect(stored).toHaveLength(60_000);
  const byBatch = Map.groupBy(stored, (id) => id.split("-")[0]);
  expect([...byBatch.values()].map((of) => of.map((id) => id.split("-")[1]).join())).toEqual(
    batches.map((of) => of.map(({ value }) => value).join()),
  );
}, 60_000);

test("a stream that takes nothing refuses the whole batch, and nothing of it is left", async () => {
  await using bus = await startBus();
  const jsm = await jetstreamManager(bus.nc);
  await jsm.streams.delete(eventsStream);
  const { appender } = await startController(bus, "one");
  await expect(appender.appendAll(batchOf(3))).rejects.toMatchObject({ code: "refused" });
  expect(await journalSize(bus.nc)).toBe(0);
});

test("a stream that takes no more in the middle leaves the answer open, and the rest follows when there is room", async () => {
  await using bus = await startBus();
  const jsm = await jetstreamManager(bus.nc);
  await jsm.streams.update(eventsStream, { max_msgs: 2, discard: DiscardPolicy.New });
  const { appender, repair } = await startController(bus, "one");
  const refused = appender.appendAll(batchOf(5));
  await expect(refused).rejects.toMatchObject({ code: "unanswered", message: expect.stringContaining("2 of 5") });
  expect(await storedIds(bus)).toEqual(ids(2));
  await jsm.streams.update(eventsStream, { max_msgs: -1 });
  const repairing = repair();
  await untilJournalIsEmpty(bus.nc);
  expect(await storedIds(bus)).toEqual(ids(5));
  await repairing.stop();
});

test("a batch that is too large is refused before anything of it is recorded, and so is one event that no message carries", async () => {
  await using bus = await startBus();
  const { appender } = await startController(bus, "one");
  await expect(appender.appendAll(batchOf(60, { value: "x".repeat(300_000) }))).rejects.toBeInstanceOf(BatchTooLarge);
  await expect(appender.appendAll(batchOf(2, { value: "x".repeat(1_000_000) }))).rejects.toBeInstanceOf(BatchTooLarge);
  expect(await journalSize(bus.nc)).toBe(0);
});

test("more batches than may be on their way are refused at once; the others are stored", async () => {
  await using bus = await startBus();
  const { appender } = await startController(bus, "one");
  const value = "x".repeat(300_000);
  const big = (batch: number) => Array.from({ length: 50 }, (_, n) => eventOf(n, { id: `${batch}-${n}`, value }));
  const answers = await Promise.allSettled([1, 2, 3].map((n) => appender.appendAll(big(n))));
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  expect(answers[2]).toMatchObject({ reason: { code: "overloaded" } });
});
