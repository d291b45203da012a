// Figures over events that the index's file is made of: numbers at the ends of what one can be, and many minutes.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type IndexStore, openIndexStore } from "../../controller/events/index-store.ts";
import type { AggregateQuery, Aggregator, EventQuery } from "../../controller/events/questions.ts";
import type { Event } from "../../model/event.ts";
import { anEvent } from "../runs/reports.ts";

const start = Date.UTC(2026, 0, 1);
const minuteMs = 60_000;
const at = (minute: number): string => new Date(start + minute * minuteMs).toISOString();

let dir: string;
let store: IndexStore;
let seq: number;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "drover-numbers-"));
  store = openIndexStore(join(dir, "index.sqlite"), "s");
  seq = 0;
});
afterEach(async () => {
  store.close();
  await rm(dir, { recursive: true, force: true });
});

function add(...events: Event[]): void {
  const placed = events.map((event) => ({ seq: (seq += 1), event }));
  store.add(placed, seq);
}
const numbered = (value: number, minute = 0, tags = ["n"]): Event =>
  anEvent(`e${seq}-${Math.random()}`, { value, tags, timestamp: at(minute) });
const figure = (type: Aggregator["type"], over: Partial<AggregateQuery> = {}) =>
  store.aggregate({
    filter: { tags: ["n"] },
    time: {},
    aggregator: { type, field: null, range: null, percents: [50] },
    intervalMs: null,
    now: at(1_000),
    ...over,
  });

test("numbers whose sum leaves on its way what a number can hold are stored, and computed from", () => {
  for (const value of [1e308, 1e308, ...Array.from({ length: 600 }, () => 0), -1e308, -1e308]) add(numbered(value));
  expect(figure("count")).toMatchObject({ value: 604 });
  expect(figure("sum")).toMatchObject({ value: 0 });
  expect(figure("average")).toMatchObject({ value: 0 });
  expect(figure("max")).toMatchObject({ value: 1e308 });
  add(numbered(4));
  expect(figure("sum", { filter: { tags: ["n", "n"] } })).toMatchObject({ count: 605 });
  expect(figure("count", { intervalMs: minuteMs })).toMatchObject({ buckets: [{ value: 605 }] });
});

test.each([
  ["of one minute", 0],
  ["of two minutes", 1],
])("the average of two large numbers %s is one, and their sum is said to be too large", (_, second) => {
  add(numbered(1e308), numbered(1e308, second));
  expect(figure("average")).toMatchObject({ value: 1e308, count: 2 });
  expect(figure("sum")).toEqual({ kind: "sum-too-large" });
  expect(figure("stats")).toMatchObject({
    value: { min: 1e308, max: 1e308, average: 1e308, sum: null, deviation: 0 },
  });
  expect(figure("percentiles")).toMatchObject({ value: { 50: 1e308 } });
  add(numbered(-1e308), numbered(-1e308, second));
  expect(figure("sum")).toMatchObject({ value: 0 });
  expect(figure("stats")).toMatchObject({ value: { deviation: 1e308 } });
  expect(figure("percentiles")).toMatchObject({ value: { 50: 0 } });
});

test("counts over thousands of minutes are right, also where the stream has let go of some events of them", () => {
  const minutes = 5_000;
  const each = (tags: string[]) => Array.from({ length: minutes }, (_, minute) => numbered(minute, minute, tags));
  add(...each(["n"]), ...each(["n", "second"]));
  const sum = (minutes * (minutes - 1)) / 2;
  expect(figure("count")).toMatchObject({ value: 2 * minutes });
  expect(figure("sum")).toMatchObject({ value: 2 * sum });
  const days = [1_439, 2_879, 4_319, 4_999];
  const counts = [2_880, 2_880, 2_880, 1_360];
  expect(figure("max", { intervalMs: 1_440 * minuteMs, now: at(minutes) })).toMatchObject({
    buckets: days.map((value, place) => ({ value, count: counts[place] })),
  });
  while (!store.forgetBelow(3_001));
  expect(figure("count")).toMatchObject({ value: 2 * minutes - 3_000 });
  expect(figure("sum")).toMatchObject({ value: 2 * sum - 1_500 * 2_999 });
  expect(figure("min")).toMatchObject({ value: 0 });
  expect(figure("sum", { filter: { tags: ["n", "second"] }, time: { lt: at(1_000) } })).toMatchObject({
    value: 499_500,
  });
});

test("a question sees the events that were there when it began, whatever comes and goes meanwhile", () => {
  add(...Array.from({ length: 500 }, (_, n) => numbered(n, n)));
  const query = {
    filter: { tags: ["n"] },
    time: {},
    aggregator: { type: "percentiles", field: null, range: null, percents: [0, 100] },
    intervalMs: null,
    now: at(1_000),
  } as const;
  const asked = store.begin("aggregate", [query]);
  for (let n = 0; n < 100; n += 1) asked.steps.next();
  add(numbered(9_999, 499));
  while (!store.forgetBelow(400));
  let step = asked.steps.next();
  while (!step.done) step = asked.steps.next();
  asked.end();
  expect(step.value).toMatchObject({ value: { 0: 0, 100: 499 }, count: 500 });
  expect(figure("percentiles")).toMatchObject({ count: 102 });
});

test("a bounded count looks at a bounded number of events, also when few are of the time that is asked for", () => {
  for (let batch = 0; batch < 10; batch += 1)
    add(...Array.from({ length: 1_000 }, (_, n) => numbered(n, (n * 7) % 4_000, n % 2 ? ["n"] : ["n", "half"])));
  const query: EventQuery = {
    filter: { tags: ["n"] },
    time: { gte: at(0), lt: at(10) },
    order: "oldest",
    beyond: null,
    offset: 0,
    limit: 1,
    count: "bounded",
  };
  const asked = store.begin("eventPage", [query]);
  let steps = 1;
  let step = asked.steps.next();
  for (; !step.done; steps += 1) step = asked.steps.next();
  asked.end();
  expect(step.value).toMatchObject({ totalIsExact: false, texts: [expect.anything()] });
  expect(steps).toBeLessThan(1_000);
  const exact = store.eventPage({ ...query, count: "exact", limit: 100 });
  const all = store.eventPage({ ...query, time: {}, limit: 10_000, count: "none" });
  const within = all.texts.filter((text) => (JSON.parse(text) as Event).timestamp < at(10));
  expect(exact).toMatchObject({ texts: within, total: within.length, totalIsExact: true });
});
