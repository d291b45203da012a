// Batches that were left in the journal, among them some that nobody can end.
import { jetstream } from "@nats-io/jetstream";
import pino from "pino";
import { expect, test, vi } from "vitest";
import { batchPartSubject } from "../../bus/subjects.ts";
import { createAppender } from "../../controller/events/append.ts";
import { createBatchJournal } from "../../controller/events/batch-journal.ts";
import { startBatchRepair } from "../../controller/events/batch-repair.ts";
import { decodePart } from "../../controller/events/batch.ts";
import { IndexUnavailable } from "../../controller/events/index.ts";
import { historyOf, startBus } from "../triggers/bus.ts";
import { dyingAfter, eventOf, journalSize, startController, untilJournalIsEmpty } from "./batch-bus.ts";

const silent = pino({ level: "silent" });
const batchOf = (name: string) => [0, 1, 2].map((n) => eventOf(n, { id: `${name}-${n}` }));

test("a batch that cannot be ended now does not keep the others from it", async () => {
  await using bus = await startBus();
  const dead = await startController(bus, "one", dyingAfter(1));
  void dead.appender.appendAll(batchOf("stuck"));
  await expect.poll(() => journalSize(bus.nc)).toBe(1);
  const next = await startController(bus, "one", dyingAfter(1));
  void next.appender.appendAll(batchOf("free"));
  await expect.poll(() => journalSize(bus.nc)).toBe(2);
  const { publisher } = await startController(bus, "one");
  const history = historyOf(bus.nc);
  const repair = startBatchRepair(bus.nc, {
    publisher,
    journal: { isUnderWay: () => false },
    installation: "one",
    log: silent,
    history: {
      ...history,
      knownEvents: async (ids, passed) => {
        if (ids.some((id) => id.startsWith("stuck"))) throw new IndexUnavailable("it is being built again");
        return history.knownEvents(ids, passed);
      },
    },
  });
  await expect
    .poll(async () => (await bus.events("reading")).map(({ id }) => id))
    .toEqual(["free-0", "free-1", "free-2"]);
  await expect.poll(() => journalSize(bus.nc)).toBe(1);
  await repair.stop();
});

test("nothing of a batch is published before the index knows what is stored of it", async () => {
  await using bus = await startBus();
  const dead = await startController(bus, "one", dyingAfter(2));
  void dead.appender.appendAll(batchOf("b"));
  await expect.poll(async () => (await bus.events("reading")).length).toBe(1);
  const { publisher } = await startController(bus, "one");
  const history = historyOf(bus.nc);
  const asked = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  const repair = startBatchRepair(bus.nc, {
    publisher,
    journal: { isUnderWay: () => false },
    installation: "one",
    log: silent,
    history: {
      ...history,
      async knownEvents(ids, passed) {
        asked.resolve();
        await ready.promise;
        return history.knownEvents(ids, passed);
      },
    },
  });
  await asked.promise;
  expect((await bus.events("reading")).map(({ id }) => id)).toEqual(["b-0"]);
  ready.resolve();
  await untilJournalIsEmpty(bus.nc);
  expect((await bus.events("reading")).map(({ id }) => id)).toEqual(["b-0", "b-1", "b-2"]);
  await repair.stop();
});

test("an incomplete batch of another installation is not taken from under it, whatever the clocks of the hosts say", async () => {
  await using bus = await startBus();
  const other = "11111111-1111-4111-8111-111111111111";
  await jetstream(bus.nc).publish(batchPartSubject("other", other, 1, 2), "{}\n");
  const { publisher } = await startController(bus, "one");
  const looks = Promise.withResolvers<void>();
  const ahead = Date.now() + 3_600_000;
  using clock = vi.spyOn(Date, "now").mockReturnValue(ahead);
  const repair = startBatchRepair(bus.nc, {
    publisher,
    journal: {
      isUnderWay() {
        looks.resolve();
        return false;
      },
    },
    installation: "one",
    log: silent,
    history: historyOf(bus.nc),
  });
  await looks.promise;
  await repair.stop();
  clock.mockRestore();
  expect(await journalSize(bus.nc)).toBe(1);
});

test("a part that does not end as parts do, and one that holds no events, are read to their end", () => {
  expect(decodePart(Buffer.from("no event"))).toEqual([]);
  expect(decodePart(Buffer.from("\n\n{"))).toEqual([]);
});

test("a stored batch that could not be taken out of the journal is taken out later, and nothing of it is stored again", async () => {
  await using bus = await startBus();
  const { publisher } = await startController(bus, "one");
  const gone = await bus.connect();
  await gone.close();
  const journal = createBatchJournal(gone, publisher, "one");
  expect(await createAppender(publisher, journal).appendAll(batchOf("b"))).toHaveLength(3);
  expect(await journalSize(bus.nc)).toBe(1);
  const parts = { publisher, journal, installation: "one", history: historyOf(bus.nc), log: silent };
  const repair = startBatchRepair(bus.nc, parts);
  await untilJournalIsEmpty(bus.nc);
  expect((await bus.events("reading")).map(({ id }) => id)).toEqual(["b-0", "b-1", "b-2"]);
  await repair.stop();
});
