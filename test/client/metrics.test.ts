import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Api, ElasticsearchMetrics } from "../../client/index.ts";
import { call } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";
import { startApiServer } from "./api-server.ts";

test("a term is a tag, and one figure is one request", async () => {
  await using server = await startApiServer(() => ({ body: { value: 2.71459, count: 4 } }));
  const metrics = new ElasticsearchMetrics(new Api({ host: server.url }));
  const average = await metrics.average({ ft: "gateway" }, "ms", 29.5).toPromise(Promise);
  expect(average).toEqual({ total: 4, rate: 0.14, average: 2.71 });
  expect(server.asked.map(({ method, url, body }) => [`${method} ${url}`, JSON.parse(body)])).toEqual([
    [
      "POST /api/v1/events/get",
      {
        tags: ["ft:gateway"],
        type: "metrics",
        timestamp: { gt: "now-30s" },
        aggregator: { type: "average", field: "ms" },
      },
    ],
  ]);
});

test("what the server refuses is an error, and no figure", async () => {
  await using server = await startApiServer(() => ({ status: 403, body: { detail: "no" } }));
  const metrics = new ElasticsearchMetrics(new Api({ host: server.url }));
  await expect(metrics.stats({ a: "b" }, "ms", 10).toPromise(Promise)).rejects.toThrow("[403]");
});

describe("with a controller", () => {
  let drover: Drover;
  beforeAll(async () => {
    drover = await startDrover();
    const values = [{ ms: 1 }, { ms: 2 }, { ms: 3 }, { ms: 6 }, { other: 1 }];
    for (const value of values) await emit({ tags: ["a:b"], type: "metrics", value });
    for (const value of [10, 30]) await emit({ tags: "plain:yes", type: "metrics", value });
    await emit({ tags: "words:yes", type: "metrics", value: "hello" });
    await emit({ tags: "a:b", type: "other", value: { ms: 100 } });
    await emit({ tags: "a:b", type: "metrics", value: { ms: 100 }, timestamp: "2026-01-01T00:00:00Z" });
  });
  afterAll(async () => {
    await drover[Symbol.asyncDispose]();
  });

  const emit = async (event: object): Promise<void> => {
    expect((await call(drover.url, "POST", "/events", event)).status).toBe(201);
  };
  const metrics = () => ElasticsearchMetrics(new Api({ host: drover.url }));
  const stats = { total: 4, rate: 0.01, avg: 3, min: 1, max: 6, stdDeviation: 1.87 };

  test("figures are computed from a field of the values", async () => {
    expect(await metrics().count({ a: "b" }, undefined, 300).toPromise(Promise)).toBe(5);
    expect(
      await metrics()
        .count({ a: "b" }, { ms: { gte: 2, lt: 6 } }, 300)
        .toPromise(Promise),
    ).toBe(2);
    expect(await metrics().average({ a: "b" }, "ms", 300).toPromise(Promise)).toEqual({
      total: 4,
      rate: 0.01,
      average: 3,
    });
    expect(await metrics().stats({ a: "b" }, "ms", 300).toPromise(Promise)).toEqual(stats);
    expect(await metrics().percentile({ a: "b" }, "ms", 300, [50, 99]).toPromise(Promise)).toEqual({
      total: 4,
      rate: 0.01,
      percentile: { "50.0": 2.5, "99.0": 5.91 },
    });
  });

  test("figures are computed from the values themselves where they are numbers", async () => {
    expect(await metrics().average({ plain: "yes" }, "ms", 300).toPromise(Promise)).toMatchObject({ average: 20 });
    expect(
      await metrics()
        .count({ plain: "yes" }, { ms: { gt: 10 } }, 300)
        .toPromise(Promise),
    ).toBe(1);
  });

  test("without numbers every figure is 0", async () => {
    for (const term of [{ none: "yes" }, { words: "yes" }]) {
      expect(await metrics().average(term, "ms", 60).toPromise(Promise)).toEqual({ total: 0, rate: 0, average: 0 });
      expect(await metrics().percentile(term, "ms", 60, [50]).toPromise(Promise)).toEqual({
        total: 0,
        rate: 0,
        percentile: { "50.0": 0 },
      });
    }
  });

  test("code of a workflow gets the same figures with its own events at once, and reads events on while it emits", async () => {
    for (let n = 0; n < 100; n += 1) await emit({ tags: "deep", value: n });
    const definition = `
      const { Api, ElasticsearchMetrics } = require("vamp-node-client");
      module.exports = async () => {
        const api = new Api();
        const metrics = new ElasticsearchMetrics(api);
        const stats = await metrics.stats({ a: "b" }, "ms", 300).toPromise(Promise);
        await metrics.event(["mine:yes"], 7);
        const own = await metrics.count({ mine: "yes" }, undefined, 300).toPromise(Promise);
        const forbidden = await api.post("events/get", { aggregator: { type: "max", field: "hops" } }).catch(({ status }) => status);
        const read = [];
        for await (const { value } of api.events({ tags: "deep" })) {
          if (read.push(value) % 30 === 0) await api.event("deep", "new");
        }
        return { stats, own, forbidden, read: [read.length, read.every((value, place) => value === 99 - place)] };
      };`;
    const breed = { deployable: { type: "application/javascript", definition } };
    await call(drover.url, "PUT", "/workflows/meter", { breed, schedule: "manual" });
    const { body } = await call(drover.url, "POST", "/workflows/meter/run?wait=PT30S", {});
    const read = [100, true];
    expect(body).toMatchObject({ outcome: { result: { stats, own: 1, forbidden: 403, read } } });
  });
});
