// Stored events on the command line, from a real controller.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Event } from "../../model/event.ts";
import { type StoredEvent, call } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";
import { drover as run } from "./drover.ts";

const stored = 2_500;
let controller: Drover;
beforeAll(async () => {
  controller = await startDrover();
  const events = Array.from({ length: stored }, (_, n) => ({ tags: ["many"], type: n % 2 ? "odd" : "even", value: n }));
  await store(events);
  await store(
    [4, 1, 3, 2].map((ms, place) => {
      return { tags: "m", type: "metrics", value: { ms }, timestamp: `2026-01-01T00:0${place}:00Z` };
    }),
  );
});
afterAll(async () => {
  await controller[Symbol.asyncDispose]();
});

const drover = (...parameters: string[]) => run(parameters, { url: controller.url });
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

async function store(events: readonly object[]): Promise<void> {
  expect((await call(controller.url, "POST", "/events", events)).status).toBe(201);
}

test("get events reads beyond one answer without gap or double, whatever is stored meanwhile", async () => {
  const args = ["get", "events", "--tag", "many", "--limit", "100000", "-o", "json"];
  const reading = drover(...args);
  const storing = (async () => {
    for (let n = 0; n < 20; n += 1)
      await store(range(stored + n * 10, stored + n * 10 + 10).map((value) => ({ tags: ["many"], value })));
  })();
  const newest = (JSON.parse((await reading).stdout) as Event[]).map(({ value }) => Number(value));
  await storing;
  expect(newest.length).toBeGreaterThanOrEqual(stored);
  expect(newest).toEqual(range(0, newest.length).toReversed());
  const { stdout } = await drover(...args, "--oldest-first");
  expect((JSON.parse(stdout) as Event[]).map(({ value }) => value)).toEqual(range(0, stored + 200));
});

test("get events stops at the limit, and narrows by source, type, workflow, run and time", async () => {
  const valuesOf = async (...flags: string[]) => {
    const { stdout } = await drover("get", "events", "-o", "json", "--tag", "many", "--limit", "3", ...flags);
    return (JSON.parse(stdout) as Event[]).map(({ value }) => value);
  };
  expect(await valuesOf("--oldest-first", "--type", "odd")).toEqual([1, 3, 5]);
  expect(await valuesOf("--oldest-first", "--source", "/ap*", "--since", "1h")).toEqual([0, 1, 2]);
  expect(await valuesOf("--until", "2026-01-01T00:00:00Z")).toEqual([]);
  expect(await valuesOf("--workflow", "none")).toEqual([]);
  expect(await valuesOf("--run", "r-none")).toEqual([]);
});

test("get events shows a long list as a table, too", async () => {
  const { stdout } = await drover("get", "events", "--tag", "many", "--type", "even", "--limit", "2000");
  expect(stdout.split("\n")).toHaveLength(stored / 2 + 2);
});

test("get event shows one by its id", async () => {
  const { body } = await call<StoredEvent>(controller.url, "POST", "/events", { tags: "one", value: { n: 1 } });
  expect(JSON.parse((await drover("get", "event", body.id, "-o", "json")).stdout)).toEqual(body);
  const missing = await drover("get", "event", "nothing");
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('there is no event "nothing"')]);
});

test("aggregate shows a number with how many it was computed from", async () => {
  const m = ["--tag", "m", "--field", "ms"];
  expect((await drover("aggregate", "average", ...m)).stdout).toBe("AVERAGE  COUNT\n2.5      4\n");
  expect((await drover("aggregate", "count", "--tag", "m")).stdout).toBe("COUNT\n4\n");
  expect((await drover("aggregate", "percentiles", "--percentiles", "50,90", ...m)).stdout).toBe(
    "P50  P90  COUNT\n2.5  3.7  4\n",
  );
  expect((await drover("aggregate", "stats", ...m)).stdout).toBe(
    "MIN  MAX  AVERAGE  SUM  DEVIATION      COUNT\n1    4    2.5      10   1.11803398875  4\n",
  );
  expect(JSON.parse((await drover("aggregate", "max", "--json", ...m)).stdout)).toEqual({
    type: "max",
    field: "ms",
    value: 4,
    count: 4,
  });
});

test("aggregate with an interval shows one row for each", async () => {
  const times = ["--since", "2026-01-01T00:00:00Z", "--until", "2026-01-01T00:06:00Z"];
  const { stdout } = await drover("aggregate", "sum", "--tag", "m", "--field", "ms", "--interval", "PT2M", ...times);
  expect(stdout).toBe(
    [
      "TIMESTAMP                 SUM  COUNT",
      "2026-01-01T00:00:00.000Z  5    2",
      "2026-01-01T00:02:00.000Z  5    2",
      "2026-01-01T00:04:00.000Z  -    0",
      "",
    ].join("\n"),
  );
});

test("what cannot be computed is refused with the fix", async () => {
  const text = await drover("aggregate", "sum", "--tag", "m");
  expect([text.code, text.stderr]).toEqual([1, expect.stringMatching(/numbers as the value .*name the field/)]);
  const interval = await drover("aggregate", "sum", "--interval", "5 minutes");
  expect([interval.code, interval.stderr]).toEqual([2, expect.stringContaining('write "PT5M"')]);
  expect((await drover("aggregate", "mode")).code).toBe(2);
});
