// Tests of triggers over HTTP: what would have set a workflow off, and how that differs from the live revision.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runTags } from "../../model/run.ts";
import { type Edge, asCodeOf, asking, runReport, startEdge, workflow } from "./edge.ts";

let edge: Edge;
const ask = asking(() => edge);
const breed = { deployable: { type: "application/javascript", definition: "1" } };

const at = (hour: number): string => `2026-01-01T${String(hour).padStart(2, "0")}:00:00.000Z`;
const day = `since=${at(0)}&until=2026-01-02T00:00:00Z`;

type Tally = { count: number; first: string | null; last: string | null; listed: object[]; through: string | null };
type Trial = {
  workflow: string;
  reason: string | null;
  fires: Tally;
  live: { revision: number; status: string; fires: Tally; added: Tally; gone: Tally } | null;
};

beforeAll(async () => {
  edge = await startEdge(
    workflow({ name: "orders", schedule: { event: { tags: ["order"], type: "shop.#" } } }, { revision: 4 }),
    workflow({ name: "hourly", schedule: { time: "PT1H" } }, { savedAt: "2025-12-31T12:30:00.000Z" }),
    workflow({ name: "nightly", schedule: { time: { cron: "0 2 * * *", timezone: "Europe/Amsterdam" } } }),
    workflow({ name: "turned", schedule: { event: "order" } }, { status: "suspended" }),
  );
  const events = [
    { id: "a", type: "shop.order", tags: ["order"] },
    { id: "b", type: "shop.order.paid", tags: ["order", "paid"] },
    { id: "c", type: "else", tags: ["order", "paid"] },
    { id: "d", type: "shop.order", tags: ["refund"] },
  ];
  for (const [hour, event] of events.entries())
    await edge.append({ source: "/api", value: "", timestamp: at(hour + 1), ...event });
  const run = runReport({ id: "r-1", workflow: "orders", state: "failed", outcome: { kind: "timed-out", afterMs: 1 } });
  const about = { ...run, state: "timed-out" as const };
  await edge.append({ source: "/controller", type: "run", tags: runTags(about), value: about, timestamp: at(6) });
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

async function trial(fields: object, query = day): Promise<Trial> {
  const { status, body } = await ask("POST", `/workflows/test?${query}`, { body: { breed, ...fields } });
  expect(status, JSON.stringify(body)).toBe(200);
  return (body as unknown as Trial[])[0] as Trial;
}
const ids = ({ listed }: Tally) => listed.map((fire) => ("id" in fire ? fire.id : "slot"));
const dues = ({ listed }: Tally) => listed.map((fire) => ("due" in fire ? fire.due : "event"));

describe("an event trigger", () => {
  test("would have fired for these, and differs from the live revision by those", async () => {
    const found = await trial({ name: "orders", schedule: { event: "paid" } });
    expect(ids(found.fires)).toEqual(["b", "c"]);
    expect(found.fires).toMatchObject({ count: 2, first: at(2), last: at(3), through: null });
    expect(found.fires.listed[0]).toMatchObject({ type: "shop.order.paid", source: "/api", tags: ["order", "paid"] });
    expect(found.live).toMatchObject({ revision: 4, fires: { count: 2 } });
    expect(found.live && ids(found.live.fires)).toEqual(["a", "b"]);
    expect(found.live && ids(found.live.added)).toEqual(["c"]);
    expect(found.live && ids(found.live.gone)).toEqual(["a"]);
  });

  test("as it is live differs by nothing", async () => {
    const found = await trial({ name: "orders", schedule: { event: { tags: ["order"], type: "shop.#" } } });
    expect(found.live).toMatchObject({ fires: { count: 2 }, added: { count: 0 }, gone: { count: 0 } });
  });

  test("without a live workflow of its name is compared with none; the past has a beginning and an end", async () => {
    const found = await trial({ name: "new", schedule: { event: "order" } }, `since=${at(2)}&until=${at(3)}`);
    expect(found).toMatchObject({ live: null, reason: null });
    expect(ids(found.fires)).toEqual(["b"]);
  });

  test("does not fire for its own runs", async () => {
    const schedule = { event: { type: "run" } };
    expect(await trial({ name: "orders", schedule })).toMatchObject({ fires: { count: 0 } });
    expect(await trial({ name: "other", schedule })).toMatchObject({ fires: { count: 1, first: at(6) } });
  });

  test("lists the first of many, and counts them all", async () => {
    const events = Array.from({ length: 1_200 }, (_, n) => ({ id: `m${n}`, value: n }));
    const many = { source: "/api", type: "event", tags: ["many"], timestamp: at(9) };
    await Promise.all(events.map((event) => edge.append({ ...many, ...event })));
    const { fires } = await trial({ name: "new", schedule: { event: "many" } });
    expect(fires).toMatchObject({ count: 1_200, through: null });
    expect(fires.listed).toHaveLength(100);
  });
});

describe("a time trigger", () => {
  test("keeps the rhythm that the live one has, and with it its minutes and what its repeats count from", async () => {
    const found = await trial({ name: "hourly", schedule: { time: { period: "PT1H", repeat: 14 } } });
    // The first of the 14 was due at half past one on the day before.
    const half = (hour: number): string => at(hour).replace(":00:", ":30:");
    expect(dues(found.fires)).toEqual([half(0), half(1), half(2)]);
    expect(found.live).toMatchObject({ fires: { count: 24 }, added: { count: 0 }, gone: { count: 21 } });
  });

  test("of another rhythm holds from the beginning of the past on", async () => {
    const found = await trial({ name: "hourly", schedule: { time: "PT6H" } });
    expect(dues(found.fires)).toEqual([at(6), at(12), at(18)]);
    expect(found.live).toMatchObject({ added: { count: 3 }, gone: { count: 24 } });
  });

  test("honours start, time zone and jitter", async () => {
    const started = await trial({ name: "new", schedule: { time: { period: "PT6H", start: "2026-01-01T03:00:00Z" } } });
    expect(dues(started.fires)).toEqual([at(3), at(9), at(15), at(21)]);
    const cron = { cron: "0 2,4 * * *", timezone: "Europe/Amsterdam", jitter: "PT10M" };
    const found = await trial({ name: "nightly", schedule: { time: cron } });
    expect(dues(found.fires)).toEqual([at(1), at(3)]);
    expect(found.live && dues(found.live.added)).toEqual([at(3)]);
    expect(found.live).toMatchObject({ gone: { count: 0 } });
    const [slot] = found.fires.listed as { due: string; at: string }[];
    expect(Date.parse(slot?.at ?? "")).toBeGreaterThan(Date.parse(at(1)));
    expect(Date.parse(slot?.at ?? "")).toBeLessThanOrEqual(Date.parse(at(1)) + 600_000);
  });

  test("that fires all the time is counted up to a limit, and says up to where", async () => {
    const { fires } = await trial(
      { name: "new", schedule: { time: "PT1S" } },
      `since=${at(0)}&until=2026-02-01T00:00:00Z`,
    );
    expect(fires.count).toBe(50_000);
    expect(fires.through).toBe(fires.last);
  });
});

describe("a schedule that nothing of the past sets off", () => {
  test.each([
    ["manual", /by hand/],
    ["daemon", /all the time/],
    [{ webhook: { key: "k" } }, /address is called/],
  ])("%j says so, and that what was live would have fired", async (schedule, says) => {
    const found = await trial({ name: "turned", schedule });
    expect(found).toMatchObject({ reason: expect.stringMatching(says), fires: { count: 0 } });
    expect(found.live).toMatchObject({ status: "suspended", added: { count: 0 }, gone: { count: 3 } });
  });

  test("exchanged for a time, has nothing in common with it", async () => {
    const found = await trial({ name: "turned", schedule: { time: "PT12H" } });
    expect(found.live).toMatchObject({ added: { count: 1 }, gone: { count: 3 }, fires: { count: 3 } });
  });
});

describe("the documents", () => {
  test("are checked as for saving, all of them, and nothing is stored", async () => {
    const before = edge.stored.length;
    const bad = [
      { name: "x", breed, schedule: { time: "5s" } },
      { kind: "workflow", name: "y", breed, schedule: { event: "" } },
    ];
    const { status, body } = await ask("POST", `/workflows/test?${day}`, { body: bad });
    expect(status).toBe(400);
    expect((body["problems"] as { path: string }[]).map(({ path }) => path)).toEqual([
      "document 1.workflow.schedule.time",
      "document 2.workflow.schedule.event",
    ]);
    expect(edge.stored).toHaveLength(before);
  });

  test("may hold the breed, and several workflows, in YAML", async () => {
    const yaml = `kind: breed\nname: b\ndeployable: {type: application/javascript, definition: "1"}\n---\nname: one\nbreed: b\nschedule: {event: order}\n---\nkind: workflow\nname: two\nbreed: b\nschedule: {event: refund}\n`;
    const headers = { "content-type": "application/x-yaml" };
    const { status, body } = await ask("POST", `/workflows/test?${day}`, { body: yaml, headers });
    expect(status, JSON.stringify(body)).toBe(200);
    expect((body as unknown as Trial[]).map(({ workflow: name, fires }) => [name, fires.count])).toEqual([
      ["one", 3],
      ["two", 1],
    ]);
  });

  test.each([
    ["only breeds", { kind: "breed", name: "b", ...breed }, day, /1 to 50 workflows/],
    ["a past that ends before it begins", {}, "since=1h&until=2h", /since.*before/],
    ["moments that are none", {}, "since=soon", /since.*1h/],
  ])("%s: refused", async (_, document, query, says) => {
    const body = "kind" in document ? document : { name: "x", breed, schedule: "manual" };
    const answer = await ask("POST", `/workflows/test?${query}`, { body });
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringMatching(says) } });
  });

  test("of code of a workflow are refused", async () => {
    const answer = await ask("POST", "/workflows/test", { body: {}, headers: asCodeOf("orders") });
    expect(answer.status).toBe(403);
  });
});
