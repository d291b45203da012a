// Whoever reads from a stream leaves no consumer behind: after tails, logs, waits, tests, replays and questions have ended, the server
// has as many as before.
import { expect, test } from "vitest";
import { call, eventually, follow } from "../api.ts";
import { consumersOf } from "../controller-nats.ts";
import { type Drover, startDrover } from "../drover.ts";

const handler = "module.exports = async (event) => { console.log('seen', event.id); return 'done'; };";
const breed = { kind: "breed", name: "echo", deployable: { type: "application/javascript", definition: handler } };
const workflow = { kind: "workflow", name: "echo", breed: "echo", schedule: { event: "ping" }, keep_warm: "always" };

async function done(drover: Drover, method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await call<unknown>(drover.url, method, path, body);
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

/** It reads something, and goes away in the middle. */
async function glimpse(url: string): Promise<void> {
  const leave = new AbortController();
  const { body } = await fetch(url, { signal: leave.signal });
  await body?.getReader().read();
  leave.abort();
}

test("consumers of all streams are as many as before, whatever was read meanwhile", { timeout: 120_000 }, async () => {
  await using drover = await startDrover({ DROVER_RUNTIME: "process" });
  const { url } = drover;
  await eventually(
    () => call(url, "GET", "/info"),
    ({ status }) => status === 200,
  );
  await done(drover, "POST", "", [breed, workflow]);
  await done(drover, "POST", "/workflows/echo/run?wait=PT30S", { value: 1 });
  // With the workflow's own queue, which stays while it is kept warm.
  const before = await consumersOf(drover.home);
  expect(before).toMatchObject({ EVENTS: expect.any(Number), RUNS: 1 });

  const since = new Date(Date.now() - 600_000).toISOString();
  for (let n = 0; n < 3; n += 1) {
    await done(drover, "POST", "/events", { tags: ["ping"], value: n });
    await done(drover, "POST", "/workflows/echo/run?wait=PT30S", { value: n });
  }
  const tails = await Promise.all([follow(url), follow(url, `?since=${since}`), follow(url, "?tag=ping")]);
  await tails[1]?.count(3);
  for (const tail of tails) await tail[Symbol.asyncDispose]();
  await glimpse(`${url}/api/v1/logs/stream?workflow=echo&lines=10`);
  await done(drover, "GET", "/workflows/echo/logs?lines=10");
  const [run] = (await done(drover, "GET", "/runs?workflow=echo")) as { id: string; cause: string }[];
  await done(drover, "GET", `/runs/${run?.id}/logs`);
  await done(drover, "GET", `/trace/${run?.cause}`);
  await done(drover, "GET", `/events/${run?.cause}/explanation?workflow=echo`);
  await done(drover, "GET", "/workflows/echo/revisions");
  await done(drover, "POST", "/breeds/echo/test", { events: [{ tags: ["ping"] }] });
  await done(drover, "POST", "/workflows/echo/replay", { replay: "again", since });
  await done(drover, "GET", `/workflows/echo/replay?since=${since}`);
  await done(drover, "GET", "/doctor");
  await done(drover, "POST", "/index/rebuild");
  await glimpse(`${url}/metrics`);
  await glimpse(`${url}/api/v1/backup/EVENTS`);
  await eventually(
    () => call<{ state: string }[]>(url, "GET", "/runs?workflow=echo"),
    ({ body }) => body.every(({ state }) => state === "completed"),
  );

  await expect.poll(() => consumersOf(drover.home), { timeout: 30_000 }).toEqual(before);
  await done(drover, "DELETE", "/workflows/echo");
  await expect.poll(async () => (await consumersOf(drover.home))["RUNS"] ?? 0, { timeout: 30_000 }).toBe(0);
});
