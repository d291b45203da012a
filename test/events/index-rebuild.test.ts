// The index can be thrown away at any time, by whomever and in whatever way: it is built again, and says nothing untrue meanwhile.
import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { expect, test } from "vitest";
import { eventSubject, eventsStream } from "../../bus/subjects.ts";
import type { EventIndex } from "../../controller/events/index.ts";
import { openIndexStore } from "../../controller/events/index-store.ts";
import { asItIs } from "../../controller/events/questions.ts";
import { eventually } from "../api.ts";
import { anEvent } from "../runs/reports.ts";
import { type IndexBus, everything, startIndexBus } from "./index-bus.ts";

const total = async (index: EventIndex, passed = 0): Promise<number | null> =>
  (await index.query(everything, passed)).total;

test("while an index is built again events are accepted, questions wait, and answers are whole", async () => {
  await using given = await startIndexBus();
  await given.store(20_000);
  const index = await given.open();
  expect(await total(index)).toBe(20_000);
  const begun = await index.rebuild();
  expect(begun.rebuilding).toMatchObject({ of: 20_000 });
  expect(begun.rebuilding?.through).toBeLessThan(20_000);
  const asked = [total(index), index.ask("event", ["e-19999"], 0), index.ask("knownEvents", [["e-0", "e-no"]], 0)];
  await given.store(1_000);
  expect(await Promise.all(asked)).toMatchObject([expect.any(Number), { id: "e-19999" }, ["e-0"]]);
  expect(await asked[0]).toBeGreaterThanOrEqual(20_000);
  expect(await total(index, given.appender.lastSequence)).toBe(21_000);
  expect(await index.status()).toMatchObject({ events: 21_000, lastSequence: 21_000, rebuilding: null });
  expect(given.rebuilt.at(-1)?.events).toBeGreaterThanOrEqual(20_000);
});

test("two who ask for it at the same time have it built once", async () => {
  await using given = await startIndexBus();
  await given.store(10_000);
  const index = await given.open();
  await total(index);
  const before = given.rebuilt.length;
  await Promise.all([index.rebuild(), index.rebuild()]);
  expect(await total(index)).toBe(10_000);
  await eventually(
    () => Promise.resolve(given.rebuilt.length),
    (count) => count === before + 1,
  );
});

test("an index that has just begun to read knows all that the stream held, whoever asks for whatever sequence", async () => {
  await using given = await startIndexBus();
  await given.store(20_000);
  expect(await total(await given.open(), 0)).toBe(20_000);
});

test("asked as it is, it answers at once with what it has", async () => {
  await using given = await startIndexBus();
  await given.store(20_000);
  const index = await given.open();
  const early = await index.query(everything, asItIs);
  expect(early.total).toBeLessThanOrEqual(20_000);
  await index.stop();
});

test("messages at the end of the stream that are gone do not keep a new index waiting", async () => {
  await using given = await startIndexBus();
  await given.store(10);
  await (await jetstreamManager(given.bus.nc)).streams.purge(eventsStream);
  const index = await given.open();
  expect(await total(index)).toBe(0);
  expect(await index.status()).toMatchObject({ events: 0, lastSequence: 10, rebuilding: null });
});

const damages: Record<string, (path: string) => Promise<void>> = {
  "was deleted": (path) => rm(path),
  "was deleted without its log": async (path) => {
    const log = await readFile(path);
    await rm(path);
    await writeFile(`${path}-wal`, log);
  },
  "is empty": (path) => truncate(path, 0),
  "was cut off": async (path) => truncate(path, Math.floor((await readFile(path)).length / 2)),
  "is no database": (path) => writeFile(path, "x".repeat(100_000)),
  "begins well and goes on badly": async (path) => {
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0x5a, 4_096));
  },
};
test.each(Object.entries(damages))("a file that %s is built again at the next start", async (_, damage) => {
  await using given = await startIndexBus();
  await given.store(3_000);
  const first = await given.open();
  expect(await total(first)).toBe(3_000);
  await first.stop();
  await damage(given.path);
  const index = await given.open();
  await eventually(
    () => total(index).catch(() => null),
    (count) => count === 3_000,
  );
  expect(await index.ask("event", ["e-2999"], 0)).toMatchObject({ value: 2_999 });
});

test("an index of an earlier schema, and one that knows events that the stream does not have, are built again", async () => {
  await using given = await startIndexBus();
  await given.store(5);
  const foreign = async (identity: string, count: number): Promise<void> => {
    await rm(given.path, { force: true });
    const store = openIndexStore(given.path, identity);
    const events = Array.from({ length: count }, (_, n) => ({ seq: n + 1, event: anEvent(`other-${n}`) }));
    store.add(events, count);
    store.close();
  };
  const cases = [
    [`0/${await given.identity()}`, 5],
    [await given.identity(), 5],
    [await given.identity(), 9],
  ] as const;
  for (const [identity, count] of cases) {
    await foreign(identity, count);
    const index = await given.open();
    expect(await index.ask("knownEvents", [["other-0", "e-0", "e-4"]], 0)).toEqual(["e-0", "e-4"]);
    await index.stop();
  }
});

test("a file that is deleted while it is used goes on to answer, and is built again at the next start", async () => {
  await using given = await startIndexBus();
  await given.store(100);
  const index = await given.open();
  expect(await total(index)).toBe(100);
  for (const suffix of ["", "-wal", "-shm"]) await rm(given.path + suffix, { force: true });
  await given.store(100);
  expect(await total(index, given.appender.lastSequence)).toBe(200);
  await index.stop();
  expect(await total(await given.open())).toBe(200);
});

test("a file that is damaged while it is used is built again", async () => {
  await using given = await startIndexBus();
  await given.store(10_000, { value: "x".repeat(4_000) });
  const index = await given.open();
  expect(await total(index)).toBe(10_000);
  await damageInUse(given);
  // More than SQLite keeps in memory.
  for (let offset = 0; offset < 10_000 && given.dropped.length === 0; offset += 500)
    await index.query({ ...everything, limit: 500, offset }, 0).catch(() => {});
  expect(given.dropped).toHaveLength(1);
  expect(await total(index)).toBe(10_000);
  expect((await index.query({ ...everything, offset: 9_999 }, 0)).texts).toHaveLength(1);
});

async function damageInUse({ path }: IndexBus): Promise<void> {
  for (const suffix of ["", "-wal"]) {
    const bytes = await readFile(path + suffix);
    if (bytes.length > 0) await writeFile(path + suffix, bytes.fill(0x5a));
  }
}

test("what cannot be indexed is passed over, told, and keeps nothing else out", async () => {
  await using given = await startIndexBus();
  const index = await given.open();
  const raw = (id: string, fields: string): Promise<unknown> => {
    const head = `"specversion":"1.0","id":"${id}","source":"x","type":"x","time":"2026-01-01T00:00:00.000Z"`;
    return jetstream(given.bus.nc).publish(eventSubject("mallory", "x"), `{${head},${fields}}`);
  };
  await given.store(3);
  // The parser would take this, and nobody could write it again.
  await raw("deep", `"tags":"a","data":${"[".repeat(200_000)}${"]".repeat(200_000)}`);
  await raw("many", `"tags":"${"a,".repeat(200_000)}a","data":1`);
  await given.store(2);
  expect(await total(index, given.appender.lastSequence)).toBe(5);
  expect(given.skipped).toEqual([{ count: 1, sequence: 5, reason: "it has 200001 tags" }]);
  expect(given.deaths).toEqual([]);
  await index.rebuild();
  expect(await total(index)).toBe(5);
});

test("when more wait than may, the next is refused at once, and how the index is can still be asked", async () => {
  await using given = await startIndexBus();
  await given.store(1);
  const index = await given.open();
  const waiting = Array.from({ length: 1_000 }, () => total(index, 2));
  await expect(total(index, 2)).rejects.toThrow(/1000 questions wait already/);
  expect(await index.status()).toMatchObject({ events: 1, rebuilding: null });
  await given.store(1);
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([2]));
});
