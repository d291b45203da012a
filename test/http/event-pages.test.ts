// How much of what a query finds is shown at once: pages by number, and what comes behind a cursor.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Event } from "../../model/event.ts";
import { type Edge, asCodeOf, asking, runReport, startEdge } from "./edge.ts";
import { headersOf, problemsOf, valuesOf } from "./shown-events.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

const ask = asking(() => edge);
const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const store = (tags: string[], value: unknown, over: Partial<Event> = {}): Promise<Event> =>
  edge.append({ source: "/api", type: "event", tags, value, timestamp: at(0), ...over });

describe("pages", () => {
  beforeAll(async () => {
    for (let n = 1; n <= 7; n += 1) await store(["page"], n);
  });

  test("carry the exact total and all links while that is cheap, and the cursor behind them", async () => {
    const answer = await ask("GET", "/events?tag=page&per_page=3&page=2");
    expect(valuesOf(answer)).toEqual([4, 3, 2]);
    const { link = "", ...headers } = headersOf(answer);
    expect(headers).toMatchObject({ "x-total-count": "7", "x-next-cursor": expect.stringMatching(/^[\w-]+$/) });
    expect(headers["x-total-count-relation"]).toBeUndefined();
    for (const rel of ["first", "prev", "next", "last"]) expect(link).toContain(`rel=${rel}`);
    const next = await ask("GET", `/events?tag=page&per_page=3&cursor=${headers["x-next-cursor"]}`);
    expect(valuesOf(next)).toEqual([1]);
    expect(headersOf(next)["x-total-count"]).toBeUndefined();
  });

  test("past the end are empty, however far", async () => {
    for (const page of ["9", "1000000"]) {
      const answer = await ask("GET", `/events?tag=page&per_page=1000&page=${page}`);
      expect(answer).toMatchObject({ status: 200, body: [] });
    }
  });

  test("the code of a workflow sees what its agent has stored, and other workflows' runs without their values", async () => {
    await edge.report(runReport({ id: "r-2", workflow: "other" }));
    const shown = await ask("GET", "/events?type=run&tag=runs:r-2", { headers: asCodeOf("mine") });
    expect(valuesOf(shown)).toEqual([null]);
    expect(
      valuesOf(await ask("POST", "/events/get", { body: { tags: "runs:r-2" }, headers: asCodeOf("mine") })),
    ).toEqual([null]);
    expect(valuesOf(await ask("GET", "/events?tag=runs:r-2", { headers: asCodeOf("other") }))).not.toEqual([null]);
  });
});

describe("pages of very many events", () => {
  const stored = 31_000;
  beforeAll(async () => {
    const lines = Array.from({ length: stored }, (_, n) => JSON.stringify({ tags: ["very", "very:many"], value: n }));
    const headers = { "Content-Type": "application/x-ndjson" };
    for (let from = 0; from < stored; from += 10_000) {
      const body = lines.slice(from, from + 10_000).join("\n");
      await ask("POST", "/events", { body, headers });
    }
  });

  test.each([
    ["tag=very&tag=very:many", 5_000],
    ["tag=very&since=1h", 500],
  ])("say that there are at least so many, and name no last page: %s", async (query, counted) => {
    const answer = await ask("GET", `/events?${query}`);
    expect(valuesOf(answer)).toHaveLength(30);
    const { link = "", ...headers } = headersOf(answer);
    expect(headers).toMatchObject({ "x-total-count": String(counted), "x-total-count-relation": "gte" });
    expect(link).toContain("rel=next");
    expect(link).not.toContain("rel=last");
    const far = await ask("GET", `/events?${query}&per_page=1000&page=10`);
    expect(valuesOf(far)).toEqual(Array.from({ length: 1_000 }, (_, n) => stored - 9_001 - n));
    expect(headersOf(far)).toMatchObject({ "x-total-count": "10000", "x-total-count-relation": "gte" });
    const exact = await ask("GET", `/events?${query}&aggregator=count`);
    expect(exact.body["value"]).toBe(stored);
  });

  test("so deep that the index would take long are left to the cursor", async () => {
    const answer = await ask("GET", "/events?tag=very&per_page=1000&page=32");
    expect([answer.status, problemsOf(answer)]).toEqual([
      400,
      [expect.objectContaining({ path: "page", fix: expect.stringContaining("cursor=*") })],
    ]);
  });
});

describe("a cursor", () => {
  async function readAll(query: string, between: () => Promise<unknown> = async () => {}): Promise<unknown[]> {
    const values: unknown[] = [];
    for (let cursor = "*"; ;) {
      const answer = await ask("GET", `/events?${query}&cursor=${cursor}`);
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      if (valuesOf(answer).length === 0) return values;
      values.push(...valuesOf(answer));
      cursor = headersOf(answer)["x-next-cursor"] ?? "";
      await between();
    }
  }

  test("reads every event once and in order while others are stored, either way", async () => {
    for (let n = 0; n < 25; n += 1) await store(["deep"], n);
    const more = async (n: number) => store(["deep"], n);
    let next = 25;
    const newest = await readAll("tag=deep&per_page=4", async () => more(next++));
    expect(newest).toEqual(Array.from({ length: 25 }, (_, n) => 24 - n));
    const stored = next;
    let added = 0;
    const oldest = await readAll("tag=deep&order=oldest&per_page=4", async () => (added++ < 5 ? more(next++) : null));
    expect(oldest).toEqual(Array.from({ length: stored + 5 }, (_, n) => n));
  });

  test.each(["oldest", "newest"])("of nothing yet is one to go on with, too: %s", async (order) => {
    const query = `/events?tag=yet-${order}&order=${order}`;
    const cursor = headersOf(await ask("GET", `${query}&cursor=*`))["x-next-cursor"];
    expect(headersOf(await ask("GET", `${query}&cursor=${cursor}`))["x-next-cursor"]).toBe(cursor);
    await store([`yet-${order}`], 1);
    expect(valuesOf(await ask("GET", `${query}&cursor=${cursor}`))).toEqual([1]);
  });

  test("goes on where it was once there is more, oldest first", async () => {
    await store(["poll"], 1);
    const first = await ask("GET", "/events?tag=poll&order=oldest&cursor=*");
    const again = `/events?tag=poll&order=oldest&cursor=${headersOf(first)["x-next-cursor"]}`;
    const nothing = await ask("GET", again);
    expect(nothing.body).toEqual([]);
    expect(headersOf(nothing)["x-next-cursor"]).toBe(headersOf(first)["x-next-cursor"]);
    expect(headersOf(nothing)["link"]).toBeUndefined();
    await store(["poll"], 2);
    expect(valuesOf(await ask("GET", again))).toEqual([2]);
  });

  test("keeps what now meant at the first page, and its link says the whole query", async () => {
    const now = (): string => new Date().toISOString();
    for (let n = 0; n < 3; n += 1) await store(["slide"], n, { timestamp: new Date(Date.now() - 1).toISOString() });
    let answer = await ask("GET", "/events?tag=slide&until=now&order=oldest&per_page=2&cursor=*");
    expect(valuesOf(answer)).toEqual([0, 1]);
    await store(["slide"], 3, { timestamp: now() });
    await expect.poll(async () => valuesOf(await ask("GET", "/events?tag=slide&until=now"))).toEqual([3, 2, 1, 0]);
    const rest: unknown[] = [];
    while (valuesOf(answer).length > 0) {
      const next = /<([^>]+)>; rel=next/.exec(headersOf(answer)["link"] ?? "")?.[1] ?? "";
      answer = await ask("GET", next.slice(next.indexOf("/events")));
      rest.push(...valuesOf(answer));
    }
    expect(rest).toEqual([2]);
  });

  test("works with a query in a body", async () => {
    const body = { tags: ["page"], timestamp: { lt: "now" } };
    const first = await ask("POST", "/events/get?per_page=4&cursor=*", { body });
    const cursor = headersOf(first)["x-next-cursor"];
    expect(valuesOf(await ask("POST", `/events/get?per_page=4&cursor=${cursor}`, { body }))).toEqual([3, 2, 1]);
  });

  test("gives fewer events at once where they are large, and none is left out", async () => {
    const large = "x".repeat(250_000);
    for (let n = 0; n < 50; n += 1) await store(["large"], `${n}${large}`);
    expect((await ask("GET", "/events?tag=large&per_page=50")).status).toBe(413);
    expect((await readAll("tag=large&per_page=1000")).map((value) => Number.parseInt(String(value), 10))).toEqual(
      Array.from({ length: 50 }, (_, n) => 49 - n),
    );
  });

  test("of another query, or of none, is refused", async () => {
    const answer = await ask("GET", "/events?tag=page&since=1h&cursor=*&per_page=1");
    expect(answer.body).toEqual([]);
    const given = await ask("GET", `/events?tag=page&since=${at(0)}&cursor=*&per_page=1`);
    const cursor = headersOf(given)["x-next-cursor"] ?? "";
    const same = `tag=page&since=${at(0)}&cursor=${cursor}`;
    expect((await ask("GET", `/events?${same}&per_page=5`)).status).toBe(200);
    for (const other of [
      `tag=other&since=${at(0)}&cursor=${cursor}`,
      `${same}&type=event`,
      `${same}&order=oldest`,
      `${same}&lt=now`,
      `tag=page&cursor=${cursor}`,
    ]) {
      const refused = await ask("GET", `/events?${other}`);
      expect(refused.status, other).toBe(400);
      expect(problemsOf(refused), other).toEqual([
        expect.objectContaining({ path: "cursor", expected: expect.stringContaining("of this query") }),
      ]);
    }
    const forged = (parts: unknown): string => Buffer.from(JSON.stringify(parts)).toString("base64url");
    for (const garbage of [
      "x",
      "ü",
      "%00",
      "a".repeat(5_000),
      forged({}),
      forged([1, 2, 3, 4]),
      forged([1, "a", -1, {}]),
    ]) {
      const refused = await ask("GET", `/events?tag=page&cursor=${garbage}`);
      expect([refused.status, problemsOf(refused).map(({ path }) => path)], garbage).toEqual([400, ["cursor"]]);
    }
  });
});
