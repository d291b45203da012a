// What a workflow's view says of its runs, its next slot and what it lacks.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, asking, runReport, startEdge, workflow } from "./edge.ts";

let edge: Edge;
const ask = asking(() => edge);
const over = { time: { period: "PT1H", start: "2020-01-01T00:00:00Z", repeat: 3 } };
beforeAll(async () => {
  edge = await startEdge(
    workflow({ name: "hello", schedule: "manual" }),
    workflow({ name: "other", schedule: "manual" }),
    workflow({ name: "edited", schedule: "manual" }, { revision: 2 }),
    workflow({ name: "hourly", schedule: { time: { cron: "0 * * * *" } } }),
    workflow({ name: "over", schedule: over }),
    workflow({ name: "hook", schedule: { webhook: { key: "shop" } } }),
  );
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const view = async (name: string) => (await ask("GET", `/workflows/${name}`)).body;
const failure = { kind: "failed", exitCode: 1, error: { message: "no such order\n  at x" } } as const;

test("a workflow whose newest run ended badly says so, and which runs wait or are under way", async () => {
  expect(await view("hello")).toMatchObject({ queue: { queued: 0, started: 0 }, last_run: null, message: null });
  const outcome = { kind: "dead", reason: "it failed", last: failure } as const;
  const dead = { state: "dead", attempt: 1, queuedAt: at(2), startedAt: at(2), finishedAt: at(3), outcome } as const;
  await edge.report(runReport({ id: "r-0", state: "completed", attempt: 1, queuedAt: at(1), finishedAt: at(1) }));
  await edge.report(runReport({ id: "r-1", ...dead }));
  await edge.report(runReport({ id: "r-2", queuedAt: at(4) }));
  await edge.report(runReport({ id: "r-3", queuedAt: at(5), state: "started", attempt: 1, startedAt: at(5) }));
  const again = { state: "failed", attempt: 1, again: at(9), outcome: failure } as const;
  await edge.report(runReport({ id: "r-4", queuedAt: at(0), startedAt: at(0), finishedAt: at(1), ...again }));
  const said = {
    queue: { queued: 2, started: 1 },
    last_run: { id: "r-1", state: "dead", at: at(3), error: "no such order" },
    message: "the last run is dead: no such order",
  };
  expect(await view("hello")).toMatchObject(said);
  const { body } = await ask("GET", "/workflows?per_page=2");
  expect(body).toMatchObject([
    { name: "hello", ...said },
    { name: "other", queue: { queued: 0 }, last_run: null },
  ]);
  edge.said = "cannot start: no room";
  expect(await view("hello")).toMatchObject({ message: "cannot start: no room; 2 runs wait" });
  edge.said = null;
});

test("the bad end of a run of an earlier revision is shown and no longer a message", async () => {
  const ended = { state: "timed-out", attempt: 1, finishedAt: at(3), outcome: { kind: "timed-out", afterMs: 1_500 } };
  await edge.report(runReport({ id: "r-9", workflow: "edited", revision: 1, ...ended } as const as never));
  expect(await view("edited")).toMatchObject({
    last_run: { state: "timed-out", error: "it took longer than 1.5 s" },
    message: null,
  });
});

test("a time schedule says when it is due next, and one that is over says that", async () => {
  const next = Date.parse(String((await view("hourly"))["next_slot"]));
  expect(next % 3_600_000).toBe(0);
  expect(next - Date.now()).toBeLessThanOrEqual(3_600_000);
  expect(await view("over")).toMatchObject({ next_slot: null, message: expect.stringContaining("no slot is due") });
  expect(await view("hello")).toMatchObject({ next_slot: null });
});

test("a webhook whose key does not exist names the command that makes it, until there is one", async () => {
  expect(await view("hook")).toMatchObject({ message: "there is no key shop: drover key create shop" });
  await ask("POST", "/keys", { body: { name: "shop" } });
  expect(await view("hook")).toMatchObject({ message: null });
});

test("workflows can be read while the history cannot", async () => {
  await using alone = await startEdge(workflow({ name: "hello", schedule: "manual" }));
  await alone.stopIndex();
  const answer = await alone.app.inject({ url: "/api/v1/workflows/hello" });
  expect(answer.json()).toMatchObject({ name: "hello", queue: null, last_run: null });
});
