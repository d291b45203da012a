import { expect, test } from "vitest";
import { Api, ElasticsearchMetrics } from "../../client/index.ts";
import { startApiServer, type Asked, type Scripted } from "./api-server.ts";

const events = [{ ms: 1 }, { ms: 2 }, { ms: 3 }, { ms: 6 }, { other: 1 }].map((value) => ({ value }));

function answer({ url, body }: Asked): Scripted {
  const { aggregator }: { aggregator?: { type: string } } = JSON.parse(body);
  if (aggregator) return { body: { value: aggregator.type === "count" ? 4 : 2.71459 } };
  return { body: url.endsWith("page=1") ? events : [] };
}

test("a term is a tag, and counts and averages are asked of the server", async () => {
  await using server = await startApiServer(answer);
  const metrics = new ElasticsearchMetrics(new Api({ host: server.url }));
  const average = await metrics.average({ ft: "gateway" }, "ms", 30).toPromise(Promise);
  expect(average).toEqual({ total: 4, rate: 0.13, average: 2.71 });
  expect(server.asked.map(({ body }) => JSON.parse(body) as unknown)).toContainEqual({
    tags: ["ft:gateway"],
    type: "metrics",
    timestamp: { gt: "now-30s" },
    aggregator: { type: "average", field: "ms" },
  });
  expect(await metrics.count({ ft: "gateway" }, undefined, 30).toPromise(Promise)).toBe(4);
});

test("stats, percentiles and ranges are computed from the events' values", async () => {
  await using server = await startApiServer(answer);
  const metrics = ElasticsearchMetrics(new Api({ host: server.url }));
  expect(await metrics.stats({ a: "b" }, "ms", 10).toPromise(Promise)).toEqual({
    total: 4,
    rate: 0.4,
    avg: 3,
    min: 1,
    max: 6,
    stdDeviation: 1.87,
  });
  expect(await metrics.percentile({ a: "b" }, "ms", 10, [50, 99]).toPromise(Promise)).toEqual({
    total: 4,
    rate: 0.4,
    percentile: { "50.0": 2.5, "99.0": 5.91 },
  });
  expect(await metrics.count({ a: "b" }, { ms: { gte: 2, lt: 6 } }, 10).toPromise(Promise)).toBe(2);
});
