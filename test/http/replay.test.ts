// Replays over HTTP: which events are chosen, stored once each, in order, and who is refused.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runIdOf } from "../../controller/runs/run-id.ts";
import { hopsMax, runTags } from "../../model/run.ts";
import type { Event } from "../../model/event.ts";
import { type Edge, asCodeOf, asking, runReport, startEdge, workflow } from "./edge.ts";

let edge: Edge;
const ask = asking(() => edge);

beforeAll(async () => {
  edge = await startEdge(
    workflow({ name: "orders", schedule: { event: "order" } }),
    workflow({ name: "watch", schedule: { event: { tags: ["run:failed"] } } }),
    workflow({ name: "watch-type", schedule: { event: { type: "run" } } }),
    workflow({ name: "all", schedule: { event: { type: "#" } } }),
    workflow({ name: "hand", schedule: "manual" }),
    workflow({ name: "clock", schedule: { time: "PT1H" } }),
    workflow({ name: "hook", schedule: { webhook: { key: "k" } } }),
    workflow({ name: "daemon", schedule: "daemon" }),
    workflow({ name: "asleep", schedule: { event: "order" } }, { status: "suspended" }),
    workflow({ name: "busy", schedule: { event: "order" } }),
  );
  for (let n = 0; n < 6; n += 1) {
    const tags = n % 2 === 0 ? ["order", "even"] : ["order", "odd"];
    await store({ id: `o${n}`, type: n < 3 ? "shop.order.created" : "shop.order.paid", tags, timestamp: minute(n) });
  }
  await store({ id: "other", tags: ["else"] });
  await store({ id: "call", type: "webhook", source: "/hooks/hook", tags: ["webhook", "order"] });
  await store({ id: "deep", tags: ["chain"], hops: hopsMax });
  await failed("f-1", "hello");
  await failed("f-2", "watch");
  await failed("f-3", "hello", "f-1");
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

const minute = (n: number): string => `2026-01-01T00:0${n}:00.000Z`;
const since = "2026-01-01T00:00:00Z";
const appended = () => edge.stored.filter(({ type }) => type === "replay");
const appendedTo = (name: string) => appended().filter(({ source }) => source === `/replay/${name}`);
const originals = (events: readonly Event[]) =>
  events.map(({ value }) => (value as { event: { id: string } }).event.id);

async function store(event: Partial<Event>): Promise<void> {
  await edge.append({ source: "/api", type: "event", tags: ["order"], value: "", timestamp: minute(7), ...event });
}

async function failed(id: string, name: string, about: string | null = null): Promise<void> {
  const outcome = { kind: "failed", exitCode: 1, error: { message: "no" } } as const;
  const run = runReport({ id, workflow: name, state: "failed", attempt: 1, about, outcome });
  await store({ id: `${id}.1.failed`, source: "/controller", type: "run", tags: runTags(run), value: run });
}

async function previewed(name: string, query: string): Promise<string[]> {
  const { status, body } = await ask("GET", `/workflows/${name}/replay?since=${since}&${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return (body["events"] as { id: string }[]).map(({ id }) => id);
}

describe("which events", () => {
  test.each([
    ["what its schedule asks for, and none of Drover's own", "orders", "", ["o0", "o1", "o2", "o3", "o4", "o5"]],
    ["narrowed by a tag", "orders", "tag=odd", ["o1", "o3", "o5"]],
    ["narrowed by a pattern of types", "orders", "type=shop.*.paid", ["o3", "o4", "o5"]],
    ["narrowed by a source", "orders", "source=/hooks/*", ["call"]],
    ["Drover's own when their type is asked for", "orders", "type=webhook", ["call"]],
    ["within a time, whose end is not included", "orders", `until=${minute(2)}`, ["o0", "o1"]],
    ["of a run-based workflow, what is asked for", "hand", "tag=else", ["other"]],
    ["not what is too deep in a chain", "hand", "tag=chain", []],
    ["Drover's own are passed over although the tags fit", "watch", "", []],
    ["neither about its own run nor about a run that was set off by one", "watch", "type=run", ["f-1.1.failed"]],
    ["what a schedule names by type", "watch-type", "tag=runs:f-2", ["f-2.1.failed"]],
    ["any type is none by name", "all", "tag=webhook", []],
  ])("%s", async (_, name, query, expected) => {
    expect(await previewed(name, query)).toEqual(expected);
  });

  test("what is passed over is counted, with why", async () => {
    const { body } = await ask("GET", `/workflows/watch/replay?since=${since}`);
    expect(body).toMatchObject({
      events: [],
      passedOver: { own: 3, loop: 0 },
      after: null,
      total: 3,
      totalIsExact: true,
    });
    const asked = await ask("GET", `/workflows/watch/replay?since=${since}&type=run`);
    expect(asked.body).toMatchObject({ passedOver: { own: 0, loop: 2 } });
    expect(appended()).toEqual([]);
  });
});

describe("a replay", () => {
  const part = (over: object) =>
    ask("POST", "/workflows/orders/replay", { body: { replay: "p-1", since, limit: 4, ...over } });

  test("is one event for each, in order, part by part, that says what it replays and where it is", async () => {
    const first = await part({});
    expect(first).toMatchObject({ status: 202, body: { state: "stored", stored: 4, known: 0, replay: "p-1" } });
    const second = await part({ after: first.body["after"] });
    expect(second).toMatchObject({ status: 202, body: { state: "over", stored: 2, passedOver: { own: 1, loop: 0 } } });
    expect(originals(appendedTo("orders"))).toEqual(["o0", "o1", "o2", "o3", "o4", "o5"]);
    const [event] = appendedTo("orders");
    expect(event).toMatchObject({
      type: "replay",
      source: "/replay/orders",
      cause: "o0",
      value: { replay: "p-1", by: "local" },
    });
    expect(event?.tags).toEqual(
      expect.arrayContaining([
        "replay",
        "replays:p-1",
        "events:o0",
        "workflows:orders",
        `runs:${runIdOf("orders", event?.id ?? "")}`,
      ]),
    );
    expect(event?.value).toMatchObject({ event: { id: "o0", tags: ["order", "even"] } });
  });

  test("that is done again stores nothing twice", async () => {
    const before = edge.stored.length;
    expect((await part({ limit: 500 })).body).toMatchObject({ state: "over", stored: 0, known: 6 });
    expect(edge.stored).toHaveLength(before);
  });

  test("under another id is another one", async () => {
    expect((await part({ replay: "p-2", tags: ["odd"] })).body).toMatchObject({ state: "over", stored: 3 });
  });

  test("tells how far it came and what it is of, from its last event alone", async () => {
    await part({ replay: "p-3", tags: ["odd"], limit: 1 });
    const { status, body } = await ask("GET", "/workflows/orders/replays/p-3");
    expect(status).toBe(200);
    expect(body).toMatchObject({ stored: 1, by: "local", query: { tags: ["odd"], since: minute(0) } });
    const rest = await part({ replay: "p-3", ...(body["query"] as object), after: body["after"], limit: 50 });
    expect(rest.body).toMatchObject({ state: "over", stored: 2, known: 0 });
    expect(await ask("GET", "/workflows/orders/replays/none")).toMatchObject({ status: 404 });
  });

  test("stores nothing while too many runs of the workflow wait", async () => {
    const waiting = Array.from({ length: 1_000 }, (_, n) => edge.report(runReport({ id: `w-${n}`, workflow: "busy" })));
    await Promise.all(waiting);
    const { body } = await ask("POST", "/workflows/busy/replay", { body: { replay: "p-1", since, after: 3 } });
    expect(body).toMatchObject({ state: "waiting", stored: 0, after: 3, queued: 1_000 });
    expect(appendedTo("busy")).toEqual([]);
  });
});

test("a run of a replay that is dead is given again with the event that was replayed", async () => {
  const [replay] = appendedTo("orders");
  const id = runIdOf("orders", replay?.id ?? "");
  const run = { id, workflow: "orders", cause: replay?.id ?? "", trigger: "replay", replay: "p-1" } as const;
  const outcome = { kind: "dead", reason: "it failed", last: null } as const;
  await edge.report(runReport({ ...run, state: "dead", attempt: 1, finishedAt: minute(9), outcome }));
  const { status, body } = await ask("POST", `/runs/${id}/requeue`);
  expect(status, JSON.stringify(body)).toBe(202);
  expect(edge.stored.at(-1)).toMatchObject({
    type: "requeue",
    value: { run: { id, trigger: "replay", event: { id: "o0" }, replay: { id: "p-1", event: replay?.id } } },
  });
  expect((await ask("GET", `/runs/${id}`)).body).toMatchObject({ trigger: "replay", replay: "p-1" });
});

describe("is refused, with the way out:", () => {
  test.each([
    ["an unknown workflow", "none", { since }, 404, /no workflow/],
    ["a daemon", "daemon", { since }, 409, /daemon.*drover run daemon/],
    ["a suspended workflow", "asleep", { since }, 409, /drover resume asleep/],
    ["a manual one without a filter", "hand", { since }, 400, /tags, type and source/],
    ["a webhook without a filter", "hook", { since }, 400, /tags, type and source/],
    ["a time schedule without a filter", "clock", { since }, 400, /tags, type and source/],
    ["no beginning", "orders", {}, 400, /since.*1h/],
    ["an end before the beginning", "orders", { since, until: "2025-01-01T00:00:00Z" }, 400, /since.*before/],
    ["too many at once", "orders", { since, limit: 501 }, 400, /limit.*500/],
    ["half a wildcard", "orders", { since, type: "a*" }, 400, /type/],
    ["a number as a moment", "orders", { since: 5 }, 400, /since/],
    ["an unknown field", "orders", { since, tag: "x" }, 400, /tags/],
    ["an id with a space", "orders", { since, replay: "a b" }, 400, /replay/],
  ])("%s", async (_, name, fields, status, says) => {
    const before = edge.stored.length;
    const answer = await ask("POST", `/workflows/${name}/replay`, { body: { replay: "p-9", ...fields } });
    expect(answer).toMatchObject({ status, body: { detail: expect.stringMatching(says) } });
    expect(edge.stored).toHaveLength(before);
  });

  test("everything that is wrong at once", async () => {
    const { body } = await ask("POST", "/workflows/orders/replay", {
      body: { since: "soon", limit: 0, after: -1, tags: [1] },
    });
    expect((body["problems"] as { path: string }[]).map(({ path }) => path).toSorted()).toEqual([
      "body.after",
      "body.limit",
      "body.replay",
      "body.since",
      "body.tags[0]",
    ]);
  });

  test("numbers in the address that are none", async () => {
    const { status, body } = await ask("GET", "/workflows/orders/replay?since=1h&after=x&limit=-1");
    expect(status).toBe(400);
    expect((body["problems"] as { path: string }[]).map(({ path }) => path)).toEqual(["after", "limit"]);
  });

  test("code of a workflow, even about itself", async () => {
    const headers = asCodeOf("orders");
    for (const [method, path] of [
      ["GET", "/workflows/orders/replay?since=1h"],
      ["POST", "/workflows/orders/replay"],
      ["GET", "/workflows/orders/replays/p-1"],
    ] as const)
      expect(await ask(method, path, { headers })).toMatchObject({ status: 403 });
  });
});
