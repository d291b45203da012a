// Queries for events that make no sense.
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Edge, asking, startEdge } from "./edge.ts";
import { problemsOf } from "./shown-events.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

const ask = asking(() => edge);

describe("a query that makes no sense is refused with every problem, and the fix", () => {
  const year0 = "0000-01-01T00:00:00Z";
  test.each([
    ["page=0", ["page"]],
    ["page=-1&per_page=1000000000", ["page", "per_page"]],
    ["per_page=1e9", ["per_page"]],
    ["page=2&cursor=*", ["page"]],
    ["cursor=", ["cursor"]],
    ["tag=", ["tag[0]"]],
    [`tag=${"x".repeat(300)}`, ["tag[0]"]],
    ["tag=a%00b", ["tag[0]"]],
    ["type=a b", ["type"]],
    ["source=a*b", ["source"]],
    ["order=sideways", ["order"]],
    [`since=${year0}`, ["since"]],
    ["until=10000-01-01T00:00:00Z", ["until"]],
    ["gt=2026-02-30T00:00:00Z", ["gt"]],
    ["lte=yesterday", ["lte"]],
    ["since=1h&gte=1h", ["gte"]],
    ["since=9999999999999999999d", ["since"]],
    ["aggregator=mode", ["aggregator"]],
    ["field=a", ["aggregator"]],
    ["aggregator=sum&field=a..b", ["field"]],
    ["aggregator=percentiles&percentiles=50,x", ["percentiles[1]"]],
    ["aggregator=percentiles&percentiles=101", ["percentiles[0]"]],
    ["aggregator=percentiles&percentiles=1e400", ["percentiles[0]"]],
    ["aggregator=sum&percentiles=50", ["percentiles"]],
    ["aggregator=sum&interval=5m", ["interval"]],
    ["aggregator=sum&interval=P1M", ["interval"]],
    ["aggregator=sum&interval=PT0S", ["interval"]],
    ["aggregator=mode&since=soon&type=a b", ["type", "since", "aggregator"]],
    ["tagg=a&limit=5", ["tagg", "limit"]],
  ])("%s", async (query, paths) => {
    const answer = await ask("GET", `/events?${query}`);
    expect(answer.status).toBe(400);
    expect(problemsOf(answer).map(({ path }) => path)).toEqual(paths);
    expect(problemsOf(answer).every(({ fix }) => fix !== "" && !/timestamp|aggregator\./.test(fix))).toBe(true);
  });

  test.each([
    ["[]", /document/],
    ["[{}, {}]", /one document/],
    ["{", /JSON/],
    ["7", /an object/],
    [{ tags: [1] }, /tags\[0\]/],
    [{ tags: [], timestamp: 5 }, /timestamp/],
    [{ timestamp: { gt: 17e300 } }, /timestamp\.gt/],
    [{ timestamp: { after: "1h" } }, /timestamp\.after/],
    [{ tag: "a" }, /tags/],
    [{ aggregator: "count" }, /aggregator/],
    [{ aggregator: { type: "average", fields: "a" } }, /aggregator\.fields/],
    [{ aggregator: { type: "count", range: { gt: "1" } } }, /aggregator\.range\.gt/],
    [{ aggregator: { type: "percentiles", percentiles: [] } }, /aggregator\.percentiles/],
    [
      { aggregator: { type: "percentiles", percentiles: Array.from({ length: 99 }, () => 5) } },
      /aggregator\.percentiles/,
    ],
  ])("the body %j", async (body, says) => {
    for (const method of ["GET", "POST"] as const) {
      const answer = await ask(method, method === "GET" ? "/events" : "/events/get", { body });
      expect(answer.status).toBe(400);
      expect(answer.body["detail"]).toMatch(says);
    }
  });

  test("at an address that cannot be decoded", async () => {
    expect(await ask("GET", "/events/%ff")).toMatchObject({
      status: 400,
      headers: { "content-type": expect.stringContaining("application/problem+json") },
      body: { detail: expect.stringContaining("%ff") },
    });
  });

  test("in a body and in the address at once, or in a body of another kind", async () => {
    const both = await ask("POST", "/events/get?tag=a&since=1h", { body: { tags: ["b"] } });
    expect(problemsOf(both).map(({ path }) => path)).toEqual(["tag", "since"]);
    const xml = await ask("POST", "/events/get", { body: "<tags/>", headers: { "Content-Type": "application/xml" } });
    expect(xml.status).toBe(415);
  });
});

describe("a parameter that does not exist is refused with the one that was perhaps meant", () => {
  test.each([
    ["GET", "/events?tagg=a", "tagg", 'write "tag"'],
    ["GET", "/events?aggregator=count&intervall=PT1M", "intervall", 'write "interval"'],
    ["POST", "/events/get?perpage=5", "perpage", 'write "per_page"'],
    ["GET", "/events/stream?tagg=a", "tagg", 'write "tag"'],
    ["GET", "/events/stream?lastEventId=1", "lastEventId", 'write "last_event_id"'],
    ["GET", "/events/stream?gte=1h", "gte", 'write "since"'],
    ["GET", "/events/stream?lt=now", "lt", 'write "until"'],
    ["GET", "/events/stream?xyz=1", "xyz", "leave it out"],
    ["GET", "/logs/stream?workflw=a", "workflw", 'write "workflow"'],
    ["GET", "/logs/stream?tag=a", "tag", "leave it out"],
  ] as const)("%s %s", async (method, path, name, fix) => {
    const answer = await ask(method, path);
    expect([answer.status, problemsOf(answer)]).toEqual([400, [expect.objectContaining({ path: name, fix })]]);
  });

  test.each([
    ["since=365000d", /before 1970/],
    ["gte=now-99999999h", /before 1970/],
    ["since=9999999999999999999d", /before 1970/],
  ])("%s says what is wrong", async (query, says) => {
    expect((await ask("GET", `/events?${query}`)).body["detail"]).toMatch(says);
  });
});

describe("whatever is asked", () => {
  const names = ["tag", "type", "source", "run", "workflow", "since", "gt", "lte", "order", "page", "per_page"];
  const words = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom(
      "",
      "*",
      "#",
      "a.#",
      "now",
      "1h",
      "newest",
      "count",
      "PT1M",
      "-1",
      "1e9",
      "0",
      "q",
      "2026-01-01T00:00:00Z",
    ),
  );

  test("in the address is answered, or refused with reasons", async () => {
    const more = ["cursor", "aggregator", "field", "percentiles", "interval", "until"];
    const pairs = fc.array(fc.tuple(fc.constantFrom(...names, ...more), words), { maxLength: 5 });
    const answered = fc.asyncProperty(pairs, async (given) => {
      const answer = await ask("GET", `/events?${new URLSearchParams(given).toString()}`);
      return answer.status === 200 || (answer.status === 400 && problemsOf(answer).length > 0);
    });
    expect((await fc.check(answered, { numRuns: 300 })).counterexample).toBeNull();
  });

  test("in a body is answered, or refused with reasons", async () => {
    const field = fc.constantFrom("tags", "type", "source", "timestamp", "order", "aggregator");
    const aggregator = fc.record(
      {
        type: words,
        field: fc.oneof(words, fc.jsonValue()),
        range: fc.jsonValue(),
        percentiles: fc.array(fc.double()),
        interval: words,
      },
      { requiredKeys: ["type"] },
    );
    const bodies = fc.oneof(
      fc.dictionary(field, fc.oneof(words, fc.array(words, { maxLength: 3 }), aggregator, fc.jsonValue()), {
        maxKeys: 3,
      }),
      fc.jsonValue(),
    );
    const answered = fc.asyncProperty(bodies, async (body) => {
      const answer = await ask("POST", "/events/get", { body: JSON.stringify(body) });
      return answer.status === 200 || (answer.status === 400 && answer.body["detail"] !== "");
    });
    expect((await fc.check(answered, { numRuns: 300 })).counterexample).toBeNull();
  });
});
