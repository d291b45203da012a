// Which events a query shows, asked in the address or in a body, and one event by its id.
import { request as httpRequest } from "node:http";
import { text as textOf } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Event } from "../../model/event.ts";
import { type Edge, asCodeOf, asking, runReport, startEdge } from "./edge.ts";
import { valuesOf } from "./shown-events.ts";

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

describe("a query", () => {
  beforeAll(async () => {
    await store(["q", "q:a"], 1, { type: "order.new", timestamp: at(1) });
    await store(["q", "q:b"], 2, { type: "order.paid", source: "/shop/1", timestamp: at(2) });
    await store(["q", "q:a"], 3, { type: "other", source: "/workflows/w", run: "r-9", timestamp: at(3) });
  });

  test.each([
    ["tag=q", {}, [3, 2, 1]],
    ["tag=q&tag=q:a", { tags: ["q", "q:a"] }, [3, 1]],
    ["tag=q&type=order.*", { type: "order.*" }, [2, 1]],
    ["tag=q&source=/shop/*", { source: "/shop/*" }, [2]],
    ["tag=q&run=r-9", { run: "r-9" }, [3]],
    ["tag=q&workflow=w", { workflow: "w" }, [3]],
    ["tag=q&order=oldest", { order: "oldest" }, [1, 2, 3]],
    [`tag=q&gte=${at(2)}`, { timestamp: { gte: at(2) } }, [3, 2]],
    [`tag=q&since=${at(2)}`, { timestamp: { since: at(2) } }, [3, 2]],
    [`tag=q&gt=${at(2)}`, { timestamp: { gt: at(2) } }, [3]],
    [`tag=q&lt=${at(2)}`, { timestamp: { lt: at(2) } }, [1]],
    [`tag=q&until=${at(2)}`, { timestamp: { until: at(2) } }, [1]],
    [`tag=q&lte=${at(2)}`, { timestamp: { lte: at(2) } }, [2, 1]],
    [`tag=q&gt=${at(1)}&lt=${at(3)}`, { timestamp: { gt: at(1), lt: at(3) } }, [2]],
    ["tag=q&gt=now-1h", { timestamp: { gt: "now-1h" } }, []],
    [
      "tag=q&lt=now&gte=2026-01-01T01:00:03%2B01:00",
      { timestamp: { lt: "now", gte: "2026-01-01T01:00:03+01:00" } },
      [3],
    ],
  ] as const)("%s finds the same as its fields in a body, of GET or of POST", async (query, fields, values) => {
    const body = { tags: "q", ...fields };
    expect(valuesOf(await ask("GET", `/events?${query}`))).toEqual(values);
    expect(valuesOf(await ask("POST", "/events/get", { body }))).toEqual(values);
    expect(valuesOf(await ask("GET", "/events", { body }))).toEqual(values);
  });

  test("in a body of a real GET, over the wire, is answered, and so is the next request on that connection", async () => {
    const url = await edge.app.listen({ port: 0, host: "127.0.0.1" });
    const body = JSON.stringify({ tags: ["q", "q:b"] });
    const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    const answer = await new Promise<string>((resolve, reject) => {
      const sent = httpRequest(
        `${url}/api/v1/events`,
        { method: "GET", headers },
        (got) => void textOf(got).then(resolve),
      );
      sent.once("error", reject).end(body);
    });
    expect((JSON.parse(answer) as Event[]).map(({ value }) => value)).toEqual([2]);
    // As published clients ask: a content type, and no body.
    const plain = await fetch(`${url}/api/v1/events?tag=q:b`, { headers: { "Content-Type": "application/json" } });
    expect(await plain.json()).toHaveLength(1);
  });

  test("may be written in YAML, and answered in YAML", async () => {
    const body = "tags: [q]\ntimestamp:\n  gte: 2026-01-01T00:00:03Z\n";
    expect(
      valuesOf(await ask("POST", "/events/get", { body, headers: { "Content-Type": "application/x-yaml" } })),
    ).toEqual([3]);
    const shown = await edge.app.inject({
      url: "/api/v1/events?tag=q&per_page=2",
      headers: { Accept: "application/x-yaml" },
    });
    expect(shown.headers["content-type"]).toContain("application/x-yaml");
    expect(shown.body).toMatch(/^id: .*\n(.*\n)*---\nid: /);
  });

  test("without a body asks for everything, as far as its address says", async () => {
    expect(valuesOf(await ask("POST", "/events/get?tag=q&per_page=1"))).toEqual([3]);
    expect(valuesOf(await ask("POST", "/events/get?per_page=1&page=2", { body: { tags: ["q"] } }))).toEqual([2]);
  });

  test("sees what was accepted before it", async () => {
    for (let n = 0; n < 30; n += 1) {
      await store(["written"], n);
      expect(valuesOf(await ask("POST", "/events/get?per_page=1", { body: { tags: ["written"] } }))).toEqual([n]);
    }
  });
});

describe("one event", () => {
  test("is found by its id, and by the id that its sender gave, in JSON and YAML", async () => {
    const stored = await store(["one"], { n: 1 }, { attributes: { id: "order/17 of ü" } });
    expect((await ask("GET", `/events/${stored.id}`)).body).toEqual(stored);
    expect((await ask("GET", `/events/${encodeURIComponent("order/17 of ü")}`)).body).toEqual(stored);
    const yaml = await edge.app.inject({ url: `/api/v1/events/${stored.id}`, headers: { Accept: "text/yaml" } });
    expect(yaml.body).toContain(`id: ${stored.id}\n`);
  });

  test("is found by an id as long as senders may give", async () => {
    const id = "ü".repeat(256);
    const stored = await store(["one"], 2, { attributes: { id } });
    expect((await ask("GET", `/events/${encodeURIComponent(id)}`)).body).toEqual(stored);
  });

  test("that is not there is told", async () => {
    expect(await ask("GET", "/events/nothing")).toMatchObject({
      status: 404,
      body: { detail: expect.stringMatching(/no event "nothing"/) },
    });
  });

  test("about another workflow's run is shown to code of a workflow without its value", async () => {
    await edge.report(runReport({ id: "r-secret", workflow: "other", outcome: null }));
    const { id } = edge.stored.at(-1) ?? { id: "" };
    expect((await ask("GET", `/events/${id}`, { headers: asCodeOf("mine") })).body).toMatchObject({ id, value: null });
    expect((await ask("GET", `/events/${id}`, { headers: asCodeOf("other") })).body["value"]).not.toBeNull();
    expect((await ask("GET", `/events/${id}`)).body["value"]).not.toBeNull();
  });
});
