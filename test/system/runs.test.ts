// How runs end, and what is done about it: retries, dead letters, limits, deaths, redeploys. In real containers.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunRecord } from "../../controller/runs/history.ts";
import { call, eventually } from "../api.ts";
import { containersOf } from "../docker.ts";
import { type Drover, startDrover } from "../drover.ts";

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

const scale = { cpu: 1, memory: "192MB" };

async function save(name: string, definition: string, rest: Record<string, unknown> = {}): Promise<void> {
  const breed = { deployable: { type: "application/javascript", definition } };
  const workflow = { breed, scale, schedule: "manual", ...rest };
  const { status, body } = await call(drover.url, "PUT", `/workflows/${name}`, workflow);
  expect(status, JSON.stringify(body)).toBeLessThan(300);
}

async function start(name: string, value: unknown = null): Promise<string> {
  const { status, body } = await call<{ run: string }>(drover.url, "POST", `/workflows/${name}/run`, { value });
  expect(status, JSON.stringify(body)).toBe(202);
  return body.run;
}

const recordOf = async (run: string): Promise<RunRecord> =>
  (await call<RunRecord>(drover.url, "GET", `/runs/${run}`)).body;

const over = async (run: string): Promise<RunRecord> =>
  eventually(
    () => recordOf(run),
    ({ state, again }) => !["queued", "started", undefined].includes(state) && again === null,
    60_000,
  );

test.each([
  { ends: "throws", code: "module.exports = () => { throw new Error('no such order'); }", says: "no such order" },
  { ends: "calls process.exit", code: "module.exports = () => process.exit(3)", says: "3" },
  {
    ends: "throws in a timer",
    code: "module.exports = () => new Promise(() => setTimeout(() => { throw new Error('later'); }, 10))",
    says: "later",
  },
  { ends: "returns what is no JSON", code: "module.exports = () => ({ n: 1n })", says: "JSON" },
  { ends: "returns too much", code: "module.exports = () => 'x'.repeat(1e6)", says: "bytes" },
  { ends: "is a script that ends badly", code: "console.error('no disk'); process.exitCode = 4;", says: "no disk" },
  {
    ends: "eats memory past its limit",
    code: "module.exports = () => { const all = []; for (;;) all.push(Buffer.alloc(1e7, 1)); }",
    says: "memory",
  },
])("a run that $ends is a dead letter that says so", async ({ ends, code, says }) => {
  const name = ends.replaceAll(/\W+/g, "-");
  await save(name, code);
  const { state, outcome, attempts } = await over(await start(name));
  expect(state).toBe("dead");
  expect(attempts).toHaveLength(1);
  const last = outcome?.kind === "dead" ? outcome.last : null;
  expect(last).toMatchObject({ kind: "failed", error: { message: expect.stringContaining(says) } });
  const { body } = await call<RunRecord[]>(drover.url, "GET", `/runs?dead=true&workflow=${name}`);
  expect(body).toHaveLength(1);
});

test("a handler that never answers is ended at its time limit, and so is a script that ignores SIGTERM", async () => {
  await save("never", "module.exports = () => new Promise(() => {})", { timeout: "PT1S" });
  await save("deaf", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);", { timeout: "PT1S" });
  const ends = await Promise.all([over(await start("never")), over(await start("deaf"))]);
  for (const { state, outcome } of ends) {
    expect(state).toBe("dead");
    expect(outcome).toMatchObject({ kind: "dead", last: { kind: "timed-out", afterMs: 1_000 } });
  }
});

test("a failed run is given again as often as its retry says, under its own id, and may succeed then", async () => {
  const code =
    "module.exports = (event, { attempt }) => { if (attempt < 3) throw new Error('try ' + attempt); return attempt; }";
  await save("third-time", code, { retry: { times: 2, delay: "PT0.1S" } });
  const run = await over(await start("third-time"));
  expect(run).toMatchObject({ state: "completed", attempt: 3, outcome: { result: 3 } });
  expect(run.attempts.map(({ state }) => state)).toEqual(["failed", "failed", "completed"]);
});

test("a dead letter that is given again keeps its id and counts its attempts on", async () => {
  await save("mended", "module.exports = () => { throw new Error('broken') }");
  const id = await start("mended");
  expect((await over(id)).state).toBe("dead");
  await save("mended", "module.exports = (event) => event.value", {});
  expect((await call(drover.url, "POST", `/runs/${id}/requeue`)).status).toBe(202);
  const run = await eventually(
    () => recordOf(id),
    ({ state }) => state === "completed",
  );
  expect(run).toMatchObject({ attempt: 2, outcome: { kind: "completed" } });
  expect((await call(drover.url, "POST", `/runs/${id}/requeue`)).status).toBe(409);
});

test("a run whose container is killed is given again, and its record shows the attempt that died", async () => {
  await save("killed", "module.exports = (event, { attempt }) => attempt > 1 ? attempt : new Promise(() => {})");
  const id = await start("killed");
  await eventually(
    () => recordOf(id),
    ({ state }) => state === "started",
  );
  const agent = (await containersOf(drover.docker, drover.installation)).find(
    (one) => one.Labels["drover.workflow"] === "killed" && one.Labels["drover.role"] === "agent",
  );
  await drover.docker.getContainer(agent?.Id ?? "").kill();
  const run = await over(id);
  expect(run).toMatchObject({ state: "completed", attempt: 2, outcome: { result: 2 } });
  expect(run.attempts.map(({ state }) => state)).toEqual(["lost", "completed"]);
});

test("a redeploy lets running runs finish on the old revision and starts queued ones on the new one", async () => {
  const version = (n: number) =>
    `module.exports = (event) => new Promise((done) => setTimeout(() => done(${n}), event.value));`;
  await save("edited", version(1));
  expect((await over(await start("edited", 0))).state).toBe("completed");
  const running = await start("edited", 5_000);
  await eventually(
    () => recordOf(running),
    ({ state }) => state === "started",
  );
  const queued = await start("edited", 0);
  await save("edited", version(2));
  expect((await over(queued)).outcome).toMatchObject({ kind: "completed", result: 2 });
  const slow = await over(running);
  expect(slow).toMatchObject({ state: "completed", attempt: 1, outcome: { result: 1 } });
  expect(slow.revision).toBe(1);
});

test("a run is stopped by hand, whether it waits or is under way", async () => {
  await save("stoppable", "module.exports = () => new Promise(() => {})");
  const [first, second] = [await start("stoppable"), await start("stoppable")];
  await eventually(
    async () => [await recordOf(first), await recordOf(second)].map(({ state }) => state).toSorted(),
    (states) => states.join() === "queued,started",
  );
  for (const run of [first, second]) {
    expect((await call(drover.url, "POST", `/runs/${run}/stop`)).status).toBeLessThan(300);
    expect(await over(run)).toMatchObject({ state: "stopped", outcome: { kind: "stopped" } });
  }
});

test("runs that wait for a workflow that is deleted end as stopped", async () => {
  await save("gone", "module.exports = () => new Promise(() => {})");
  const runs = [await start("gone"), await start("gone"), await start("gone")];
  await eventually(
    async () => Promise.all(runs.map(recordOf)),
    (all) => all.some(({ state }) => state === "started"),
  );
  await call(drover.url, "DELETE", "/workflows/gone");
  for (const run of runs) expect((await over(run)).state).toBe("stopped");
});

test("concurrency runs so many at a time in one instance, each in its own process", async () => {
  const code = "module.exports = () => new Promise((done) => setTimeout(() => done(process.pid), 1500))";
  await save("wide", code, { concurrency: 3, scale: { cpu: 2, memory: "512MB" } });
  const runs = await Promise.all([1, 2, 3].map(() => start("wide")));
  const ended = await Promise.all(runs.map(over));
  const pids = ended.map(({ outcome }) => (outcome?.kind === "completed" ? outcome.result : null));
  expect(new Set(pids).size).toBe(3);
  expect(new Set(ended.map(({ instance }) => instance)).size).toBe(1);
});

test("a daemon can be run by hand beside itself", async () => {
  await save(
    "daemon",
    "const { run } = require('vamp-node-client'); if (run) require('vamp-node-client').result(run.event.value); else setInterval(() => {}, 1000);",
    {
      schedule: "daemon",
    },
  );
  const run = await over(await start("daemon", "by hand"));
  expect(run).toMatchObject({ state: "completed", outcome: { result: "by hand" } });
});
