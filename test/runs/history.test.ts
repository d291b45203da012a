// The history of runs is a projection of the stream: it can be thrown away, and knows what was stored before it was asked.
import { expect, test } from "vitest";
import { startInstallation, told } from "./installation.ts";
import { outcomeOf, queuedRun } from "./reports.ts";

const query = { workflow: null, state: null, since: null, page: 1, perPage: 1_000 } as const;

test("a history that is built again says what the former one said", async () => {
  await using all = await startInstallation();
  const first = await all.controller("first");
  const runs = Array.from({ length: 60 }, (_, n) => queuedRun(n % 2 ? "odd" : "even", `e${n}`));
  await Promise.all(runs.map((run) => first.queue.enqueue(run, { checked: false })));
  for (const [n, run] of runs.entries()) {
    await all.say(told(run, "started"));
    const state = (["completed", "failed", "timed-out", "dead"] as const)[n % 4] ?? "completed";
    await all.say(told(run, state, { outcome: outcomeOf(state) }));
  }
  const end = await first.history.streamEnd();
  const before = await first.history.runs(query, end);
  expect(before.total).toBe(60);
  const rebuilt = await all.controller("second");
  expect(await rebuilt.history.runs(query, end)).toEqual(before);
  await first.stop();
  const reopened = await all.controller("first");
  expect(await reopened.history.runs(query, end)).toEqual(before);
});

test("the end of the stream is asked once for all who ask in one turn, and knows what each had stored", async () => {
  await using all = await startInstallation();
  const { nc, history, append } = await all.controller();
  const requests = nc.stats().outMsgs;
  const ends = await Promise.all(Array.from({ length: 500 }, () => history.streamEnd()));
  expect(new Set(ends)).toEqual(new Set([0]));
  expect(nc.stats().outMsgs - requests).toBe(1);
  const known = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const { id } = await append({
        source: "/api",
        type: "x",
        tags: ["x"],
        value: n,
        timestamp: new Date().toISOString(),
      });
      return (await history.event(id, await history.streamEnd()))?.value === n;
    }),
  );
  expect(known).not.toContain(false);
});

test("a question is answered when the last events of the stream were deleted", async () => {
  await using all = await startInstallation();
  const { history, append } = await all.controller();
  const event = { source: "/api", type: "x", tags: ["x"], value: 1, timestamp: new Date().toISOString() };
  const first = await append({ ...event, id: "first" });
  await all.jsm.streams.deleteMessage("EVENTS", 1);
  for (let n = 0; n < 3; n += 1) await append({ ...event, id: `last ${n}` });
  for (const seq of [3, 4]) await all.jsm.streams.deleteMessage("EVENTS", seq);
  const late = await all.controller("later");
  expect(await history.streamEnd()).toBe(4);
  expect(await late.history.event("last 0", 4)).toMatchObject({ id: "last 0" });
  expect(await late.history.event(first.id, 4)).toBeNull();
  await append({ ...event, id: "next" });
  expect(await late.history.event("next", 5)).toMatchObject({ id: "next" });
  await all.jsm.streams.purge("EVENTS");
  const empty = await all.controller("empty");
  expect(await empty.history.knownEvents(["next"], 5)).toEqual(new Set());
});

test("more ids than one question may name are refused", async () => {
  await using all = await startInstallation();
  const { history } = await all.controller();
  await expect(history.runsById(Array.from({ length: 1_001 }, String), 0)).rejects.toThrow(/at most 1000/);
});
