// The slots of a schedule over HTTP.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, asking, startEdge, workflow } from "./edge.ts";

let edge: Edge;
const ask = asking(() => edge);
beforeAll(async () => {
  edge = await startEdge(
    workflow({ name: "hello", schedule: "manual" }),
    workflow({ name: "hourly", schedule: { time: { cron: "30 2 * * *", timezone: "Europe/Amsterdam" } } }),
  );
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

test("the next slots are shown in local time, with those that a change of the clocks moves", async () => {
  const answer = await ask("GET", "/workflows/hourly/slots/next?from=2026-03-28T00:00:00Z&count=2");
  expect(answer.body).toEqual([
    { due: "2026-03-28T01:30:00.000Z", local: "2026-03-28T02:30:00+01:00", note: null },
    { due: "2026-03-29T01:00:00.000Z", local: "2026-03-29T03:00:00+02:00", note: "dst-gap" },
  ]);
  const elsewhere = await ask(
    "GET",
    "/workflows/hourly/slots/next?from=2026-06-01T00:00:00Z&count=1&timezone=Asia/Tokyo",
  );
  expect(elsewhere.body).toMatchObject([{ local: "2026-06-01T09:30:00+09:00" }]);
});

test("the next slots are refused for what has none, and bad parameters are named all at once", async () => {
  expect((await ask("GET", "/workflows/hello/slots/next")).status).toBe(409);
  expect((await ask("GET", "/workflows/none/slots/next")).status).toBe(404);
  const past = await ask("GET", "/workflows/hello/slots");
  expect(past).toMatchObject({ status: 409, body: { detail: expect.stringContaining("got manual; only {time: …}") } });
  const bad = await ask("GET", "/workflows/hourly/slots/next?count=0&from=soon&timezone=Mars/Olympus");
  const problems = bad.body["problems"] as { path: string }[];
  expect(problems.map(({ path }) => path)).toEqual(["count", "from", "timezone"]);
  expect((await ask("GET", "/workflows/hourly/slots?outcome=lost")).status).toBe(400);
});
