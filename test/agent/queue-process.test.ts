// The whole agent of a queue workflow, as a process, with real runners.
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { InstanceReport } from "../../bus/assignment.ts";
import { allReports } from "../../bus/subjects.ts";
import { type AgentFolder, bundledAgent } from "./agent-process.ts";
import { type QueueBus, queueAssignment, queuedRun, startQueueBus } from "./queue-bus.ts";

/** Far above what anything here takes; two cores may be busy with other tests. */
const soon = { timeout: 30_000, interval: 20 };

let agent: AgentFolder;
beforeAll(async () => {
  agent = await bundledAgent();
});
afterAll(() => agent[Symbol.asyncDispose]());

async function lastReport(here: QueueBus): Promise<() => InstanceReport | null> {
  let last: InstanceReport | null = null;
  here.bus.nc.subscribe(allReports(), {
    callback: (_error, message) => {
      last = message.json<InstanceReport>();
    },
  });
  await here.bus.nc.flush();
  return () => last;
}

test("a handler's run is reported as started and completed with what it returned, and is no longer in the queue", async () => {
  await using here = await startQueueBus();
  const controller = await here.startController();
  const source = `module.exports = async (event) => ({ twice: event.value * 2 })`;
  await using _process = agent.start(queueAssignment(source, { servers: [here.bus.nats.url] }));
  const run = queuedRun({ event: { ...queuedRun().event, value: 21 }, slot: "2030-01-01T00:00:00.000Z", hops: 3 });
  await here.queue(run);
  await expect.poll(() => here.states(), soon).toEqual([`${run.id} started 1`, `${run.id} completed 1`]);
  await expect.poll(() => here.queued(), soon).toBe(0);
  const known = {
    workflow: "hello",
    trigger: "manual",
    cause: run.event.id,
    hops: 3,
    slot: "2030-01-01T00:00:00.000Z",
    revision: 3,
    deployment: "abc",
    instance: "hello-abc-0",
    queuedAt: run.queuedAt,
    startedAt: expect.stringMatching(/Z$/),
    again: null,
  };
  const [started, completed] = await here.reports();
  expect(started).toMatchObject({ ...known, finishedAt: null, outcome: null });
  expect(completed).toMatchObject({
    ...known,
    finishedAt: expect.stringMatching(/Z$/),
    outcome: { kind: "completed", result: { twice: 42 } },
  });
  expect(controller.questions.flat()).toContain(run.id);
});

test("a script is executed once for each run, in a process of its own, and its events name the run, its cause and hops", async () => {
  await using here = await startQueueBus();
  await here.startController();
  const source = `new (require("vamp-node-client").Api)().event("from script", process.pid, "mine")`;
  await using _process = agent.start(queueAssignment(source, { servers: [here.bus.nats.url] }));
  const runs = [queuedRun({ hops: 4 }), queuedRun({ hops: 5 })];
  for (const run of runs) await here.queue(run);
  await expect.poll(() => here.queued(), soon).toBe(0);
  const mine = (await here.bus.events()).map(({ body }) => body).filter(({ type }) => type === "mine");
  expect(mine).toMatchObject(runs.map(({ id, event, hops }) => ({ runid: id, cause: event.id, hops })));
  expect(new Set(mine.map(({ data }) => data)).size).toBe(2);
});

test("with two runs at a time each event belongs to the run that sent it", async () => {
  await using here = await startQueueBus();
  await here.startController();
  const source = `
    const { Api } = require("vamp-node-client");
    const api = new Api();
    module.exports = async (event) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      api.event("from handler", event.id, "mine");
    };`;
  await using _process = agent.start(queueAssignment(source, { servers: [here.bus.nats.url], concurrency: 2 }));
  const runs = Array.from({ length: 6 }, () => queuedRun());
  for (const run of runs) await here.queue(run);
  await expect.poll(() => here.queued(), soon).toBe(0);
  const mine = (await here.bus.events()).map(({ body }) => body).filter(({ type }) => type === "mine");
  expect(mine.map(({ runid, data }) => `${String(runid)} ${String(data)}`).toSorted()).toEqual(
    runs.map(({ id, event }) => `${id} ${event.id}`).toSorted(),
  );
});

test("SIGTERM gives back the run that is under way: it is reported as stopped and given again, and the agent ends with 0", async () => {
  await using here = await startQueueBus();
  await here.startController();
  const first = agent.start(queueAssignment(`setInterval(() => {}, 1000)`, { servers: [here.bus.nats.url] }));
  const run = queuedRun();
  await here.queue(run);
  await expect.poll(() => here.states(), soon).toEqual([`${run.id} started 1`]);
  expect(await first.stop()).toBe(0);
  expect(await here.states()).toEqual([`${run.id} started 1`, `${run.id} stopped 1`]);
  expect((await here.reports())[1]).toMatchObject({
    again: expect.stringMatching(/Z$/),
    outcome: { kind: "stopped", reason: expect.stringContaining("SIGTERM") },
  });
  await using _second = agent.start(queueAssignment(`0`, { servers: [here.bus.nats.url], instance: "hello-abc-1" }));
  await expect.poll(() => here.states(), soon).toContain(`${run.id} completed 2`);
  await expect.poll(() => here.queued(), soon).toBe(0);
});

test("a run whose agent was killed is given again with the next attempt (I2)", async () => {
  await using here = await startQueueBus({ ack_wait: 2_000_000_000 });
  await here.startController();
  await using first = agent.start(queueAssignment(`setTimeout(() => {}, 5000)`, { servers: [here.bus.nats.url] }));
  const run = queuedRun();
  await here.queue(run);
  await expect.poll(() => here.states(), soon).toEqual([`${run.id} started 1`]);
  first.child.kill("SIGKILL");
  await once(first.child, "close");
  await using _second = agent.start(queueAssignment(`0`, { servers: [here.bus.nats.url], instance: "hello-abc-1" }));
  const states = [`${run.id} started 1`, `${run.id} started 2`, `${run.id} completed 2`];
  await expect.poll(() => here.states(), soon).toEqual(states);
  await expect.poll(() => here.queued(), soon).toBe(0);
});

test("an agent for one use takes one run of several, and ends with 0 once that is acknowledged", async () => {
  await using here = await startQueueBus();
  await here.startController();
  const runs = [queuedRun(), queuedRun()];
  for (const run of runs) await here.queue(run);
  await using process = agent.start(queueAssignment(`0`, { servers: [here.bus.nats.url], singleUse: true }));
  await once(process.child, "close");
  expect(process.child.exitCode).toBe(0);
  expect(await here.states()).toEqual([`${runs[0]?.id} started 1`, `${runs[0]?.id} completed 1`]);
  expect(await here.queued()).toBe(1);
  expect(await here.pending()).toBe(0);
});

test("an agent that is drained finishes its run, takes nothing more, says so, and ends with 0", async () => {
  await using here = await startQueueBus();
  await here.startController();
  const report = await lastReport(here);
  const source = `const timer = setInterval(() => {
    if (require("fs").existsSync(process.env.GATE)) clearInterval(timer);
  }, 20)`;
  const gate = join(tmpdir(), `drover-drain-${process.pid}`);
  await using drained = agent.start(
    queueAssignment(source, { servers: [here.bus.nats.url], environment: { GATE: gate } }),
  );
  const [run, later] = [queuedRun(), queuedRun()];
  await here.queue(run);
  await here.queue(later);
  await expect.poll(() => here.states(), soon).toEqual([`${run.id} started 1`]);
  await expect.poll(() => report()?.state, soon).toMatchObject({ kind: "running" });
  await here.control({ kind: "drain", instances: ["hello-other", "hello-abc-0"] });
  await expect.poll(() => report()?.state, soon).toEqual({ kind: "draining" });
  await writeFile(gate, "");
  await once(drained.child, "close");
  await rm(gate);
  expect(drained.child.exitCode).toBe(0);
  expect(await here.states()).toEqual([`${run.id} started 1`, `${run.id} completed 1`]);
  expect(await here.queued()).toBe(1);
  expect(await here.pending()).toBe(0);
});
