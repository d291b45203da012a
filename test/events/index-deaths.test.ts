// The thread of the index dies: of a message, or of something else.
import { DatabaseSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import { createDeaths } from "../../controller/events/index-deaths.ts";
import { everything, startIndexBus } from "./index-bus.ts";

const error = new Error("out of memory");

test("a message is passed over when threads that added one by one have died of it three times", () => {
  const deaths = createDeaths(() => 0);
  expect(deaths.died(error, 1)).toBeNull();
  expect(deaths.isCareful).toBe(true);
  expect([7, 7, 7].map((sequence) => deaths.died(error, sequence))).toEqual([null, null, 7]);
  expect(deaths.passedOver).toEqual([7]);
});

test("deaths of different messages, or of something else, pass over none", () => {
  const deaths = createDeaths(() => 0);
  for (let n = 0; n < 20; n += 1) expect(deaths.died(error, null)).toBeNull();
  expect(deaths.isCareful).toBe(false);
  for (let sequence = 1; sequence < 20; sequence += 1) expect(deaths.died(error, sequence)).toBeNull();
});

test("an index that keeps dying has a problem until it has lived for a minute", () => {
  let nowMs = 0;
  const deaths = createDeaths(() => nowMs);
  for (const [at, problem] of [null, null, "the event index keeps dying: out of memory"].entries()) {
    nowMs = at * 1_000;
    deaths.died(error, null);
    expect(deaths.problem()).toBe(problem);
  }
  nowMs = 62_000;
  expect(deaths.problem()).toBeNull();
});

test(
  "a message that kills the thread is passed over, told, and keeps nothing else out",
  { timeout: 60_000 },
  async () => {
    await using bus = await startIndexBus();
    const index = await bus.open();
    await bus.store(3);
    await index.query(everything, bus.appender.lastSequence);
    const other = new DatabaseSync(bus.path);
    // What SQLite itself fails with, and no rule of the schema.
    other.exec(`CREATE TRIGGER poison BEFORE INSERT ON event WHEN new.seq = 5
              BEGIN SELECT abs(-9223372036854775808); END`);
    other.close();
    await bus.store(5);
    await vi.waitFor(() => expect(index.problem()).toMatch(/keeps dying: integer overflow/), { timeout: 30_000 });
    await vi.waitFor(() => expect(bus.passedOver).toEqual([5]), { timeout: 30_000 });
    const page = await vi.waitFor(() => index.query({ ...everything, limit: 10 }, bus.appender.lastSequence), {
      timeout: 30_000,
    });
    expect(page.sequences).toEqual([8, 7, 6, 4, 3, 2, 1]);
  },
);
