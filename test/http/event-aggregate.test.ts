// Numbers over events, as Vamp's users ask for them and in buckets, and what code of a workflow may not compute.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Event } from "../../model/event.ts";
import { type Edge, asCodeOf, asking, runReport, startEdge } from "./edge.ts";

let edge: Edge;
const ask = asking(() => edge);
const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const store = (tags: string[], value: unknown, over: Partial<Event> = {}): Promise<Event> =>
  edge.append({ source: "/api", type: "metrics", tags, value, timestamp: at(0), ...over });

beforeAll(async () => {
  edge = await startEdge();
  for (const [place, ms] of [40, 10, 30, 20].entries()) {
    await store(["m", "m:value"], ms, { timestamp: at(place * 45) });
    await store(["m:field"], { took: { ms }, note: "slow" }, { timestamp: at(place * 45) });
  }
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

describe("an aggregator", () => {
  test.each([
    ["count", 4],
    ["min", 10],
    ["max", 40],
    ["average", 25],
    ["sum", 100],
    ["stats", { min: 10, max: 40, average: 25, sum: 100, deviation: expect.closeTo(11.1803) }],
    ["percentiles", { 50: 25, 95: 38.5, 99: expect.closeTo(39.7) }],
  ] as const)(
    "%s is computed over the values, or over a field of them, asked in the address or in a body",
    async (type, value) => {
      const field = "took.ms";
      const overValues = { status: 200, body: { type, field: null, value, count: 4 } };
      const overField = { status: 200, body: { type, field, value, count: 4 } };
      expect(await ask("GET", `/events?tag=m:value&aggregator=${type}`)).toMatchObject(overValues);
      expect(await ask("GET", `/events?tag=m:field&aggregator=${type}&field=${field}`)).toMatchObject(overField);
      const [values, fields] = [
        { tags: ["m:value"], type: "metrics", aggregator: { type } },
        { tags: "m:field", aggregator: { type, field } },
      ];
      expect(await ask("POST", "/events/get", { body: values })).toMatchObject(overValues);
      expect(await ask("POST", "/events/get", { body: fields })).toMatchObject(overField);
      expect(await ask("GET", "/events", { body: fields })).toMatchObject(overField);
    },
  );

  test("takes a range of time, and the percentiles that are asked for", async () => {
    const timestamp = { gt: at(0), lt: at(135) };
    const aggregator = { type: "percentiles", percentiles: [0, 50, 99.9] };
    expect(await ask("POST", "/events/get", { body: { tags: "m:value", timestamp, aggregator } })).toMatchObject({
      body: { value: { 0: 10, 50: 20, 99.9: expect.closeTo(29.98) }, count: 2 },
    });
    const query = `tag=m:value&gt=${at(0)}&lt=${at(135)}&aggregator=percentiles&percentiles=0,50&percentiles=99.9`;
    expect(await ask("GET", `/events?${query}`)).toMatchObject({
      body: { value: { 0: 10, 50: 20, 99.9: expect.closeTo(29.98) } },
    });
  });

  test("takes only the numbers within a range, and does not mistake the others for something else", async () => {
    const asked = (tags: string, aggregator: object) => ask("POST", "/events/get", { body: { tags, aggregator } });
    const count = { type: "count", field: "took.ms", range: { gte: 20, lt: 40 } };
    expect((await asked("m:field", count)).body).toMatchObject({ value: 2, count: 2 });
    expect((await asked("m:value", { type: "sum", range: { gt: 20 } })).body).toMatchObject({ value: 70, count: 2 });
    expect((await asked("m", { type: "count", range: { lte: 10 } })).body).toMatchObject({ value: 1, count: 1 });
    await store(["m:mixed"], 1);
    await store(["m:mixed"], "text");
    expect((await asked("m:mixed", { type: "max", range: { gt: 5 } })).body).toMatchObject({ value: null, count: 0 });
  });

  test("over nothing is null, and a count of 0", async () => {
    expect((await ask("GET", "/events?tag=none&aggregator=average")).body).toMatchObject({ value: null, count: 0 });
    expect((await ask("GET", "/events?tag=none&aggregator=count")).body).toMatchObject({ value: 0, count: 0 });
    expect((await ask("GET", "/events?tag=none&aggregator=percentiles&percentiles=50")).body).toMatchObject({
      value: { 50: null },
    });
  });

  test("with an interval gives one value for each, empty ones too", async () => {
    const range = `since=${at(0)}&until=${at(240)}`;
    expect((await ask("GET", `/events?tag=m:value&aggregator=sum&interval=PT1M&${range}`)).body).toEqual([
      { timestamp: at(0), value: 50, count: 2 },
      { timestamp: at(60), value: 30, count: 1 },
      { timestamp: at(120), value: 20, count: 1 },
      { timestamp: at(180), value: null, count: 0 },
    ]);
    const body = {
      tags: "m:field",
      timestamp: { gte: at(0), lt: at(60) },
      aggregator: { type: "max", field: "took.ms", interval: "PT30S" },
    };
    expect((await ask("POST", "/events/get", { body })).body).toEqual([
      { timestamp: at(0), value: 40, count: 1 },
      { timestamp: at(30), value: 10, count: 1 },
    ]);
  });

  test("answers in YAML, too", async () => {
    const headers = { Accept: "application/yaml" };
    const { body } = await edge.app.inject({ url: "/api/v1/events?tag=m:value&aggregator=sum", headers });
    expect(body).toBe("type: sum\nfield: null\nvalue: 100\ncount: 4\n");
  });

  test("knows what was accepted before it", async () => {
    for (let n = 1; n <= 20; n += 1) {
      await store(["fresh"], n);
      expect((await ask("GET", "/events?tag=fresh&aggregator=count")).body["value"]).toBe(n);
    }
  });

  test.each([
    ["tag=m:field&aggregator=average", "field", /numbers as the value of the events, got no number/],
    ["tag=m:field&aggregator=sum&field=note", "field", /numbers at "note" .* a text/],
    [
      "tag=m:value&aggregator=count&interval=PT1S&since=2020-01-01T00:00:00Z",
      "interval",
      /at most 10000 intervals, got \d+/,
    ],
  ])("%s is refused with the reason", async (query, path, says) => {
    const answer = await ask("GET", `/events?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { problems: [{ path }], detail: expect.stringMatching(says) } });
  });
});

describe("an interval without a range of time", () => {
  const buckets = async (query: string) =>
    (await ask("GET", `/events?${query}`)).body as unknown as { timestamp: string }[];
  const minute = "aggregator=count&interval=PT1M";
  const y2018 = (second: number): string => new Date(Date.UTC(2018, 0, 1, 0, 0, second)).toISOString();

  beforeAll(async () => {
    await store(["old"], 1, { timestamp: y2018(70) });
  });

  test.each([
    ["a term alone", "tag=m:value"],
    ["two terms", "tag=m&tag=m:value"],
    ["a field", "tag=m:field&field=took.ms"],
    ["percentiles", "tag=m:value&aggregator=percentiles"],
  ])("goes from the first to the last event that matches, whatever else is stored: %s", async (_, query) => {
    const found = await buckets(`${minute}&${query}`);
    expect(found.map(({ timestamp }) => timestamp)).toEqual([at(0), at(60), at(120)]);
    const seconds = await buckets(`aggregator=count&interval=PT45S&${query}`);
    expect(seconds.map(({ timestamp }) => timestamp)).toEqual([at(0), at(45), at(90), at(135)]);
  });

  test("is one interval where one event matches, none where none does, and goes up to an end that is given", async () => {
    expect(await buckets(`${minute}&tag=old`)).toEqual([{ timestamp: y2018(60), value: 1, count: 1 }]);
    expect(await buckets(`${minute}&tag=none`)).toEqual([]);
    expect(await buckets(`${minute}&tag=old&until=${y2018(200)}`)).toHaveLength(3);
    expect(await buckets("aggregator=count&interval=PT1M&tag=none&since=2m")).not.toEqual([]);
  });

  test("that is too short for the time between says from when to when the events are", async () => {
    await store(["apart"], 1, { timestamp: y2018(0) });
    await store(["apart"], 1);
    const { status, body } = await ask("GET", `/events?${minute}&tag=apart`);
    expect([status, body["detail"]]).toEqual([
      400,
      expect.stringMatching(
        /at most 10000 intervals, got \d+, from 2018-01-01T00:00:00.000Z to 2026-01-01T00:01:00.000Z/,
      ),
    ]);
    expect(body["detail"]).toMatch(/since/);
    expect(await buckets("aggregator=count&tag=apart&interval=P300D")).toHaveLength(11);
  });
});

describe("code of a workflow", () => {
  const headers = asCodeOf("mine");
  const aggregate = (query: string) => ask("GET", `/events?${query}`, { headers });

  beforeAll(async () => {
    await edge.report(runReport({ id: "r-1", workflow: "other", hops: 7 }));
    await edge.report(runReport({ id: "r-2", workflow: "mine", hops: 3 }));
  });

  test("counts any events, as it may see that they happened", async () => {
    expect((await aggregate("tag=workflows:other&aggregator=count")).body["value"]).toBe(1);
  });

  test("computes from what it may read whole: types that are not about runs, and what is about itself", async () => {
    expect((await aggregate("tag=m:value&type=metrics&aggregator=sum")).body["value"]).toBe(100);
    expect((await aggregate("tag=workflows:mine&aggregator=sum&field=hops")).body["value"]).toBe(3);
    const body = { tags: ["m:field"], type: "metrics", aggregator: { type: "max", field: "took.ms" } };
    expect((await ask("POST", "/events/get", { body, headers })).body["value"]).toBe(40);
  });

  test.each([
    "aggregator=max&field=hops",
    "tag=workflows:other&aggregator=max&field=hops",
    "tag=runs:r-1&aggregator=count&field=hops",
    "type=run&aggregator=max&field=hops",
    "type=*&aggregator=percentiles&field=hops",
    "type=%23&aggregator=count&field=outcome.result.password",
    "workflow=other&aggregator=min&field=hops",
    "workflow=mine&aggregator=min&field=hops",
    "run=r-1&aggregator=sum&field=hops",
    "source=/controller&aggregator=sum&field=hops&interval=PT1H",
  ])("learns nothing from the values of other workflows' runs: %s", async (query) => {
    const answer = await aggregate(query);
    expect(answer).toMatchObject({ status: 403, body: { detail: expect.stringContaining("workflows:mine") } });
    expect((await ask("GET", `/events?${query}`)).status).toBe(200);
  });
});
