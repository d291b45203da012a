// The queue side of an agent against a real nats-server, when nothing goes wrong but user code.
import { expect, test } from "vitest";
import type { RunReport } from "../../model/run.ts";
import { queuedRun, startQueueBus } from "./queue-bus.ts";
import { completed, failed, isEmpty, soon, startHere } from "./queue-here.ts";

test("a run that fails is reported with when it is given again, and is, until it is a dead letter with its last outcome", async () => {
  await using here = await startQueueBus();
  await here.startController();
  await using agent = await startHere(here, { outcome: failed, retry: { times: 2, delayMs: 200, factor: 2 } });
  const run = queuedRun();
  await here.queue(run);
  await isEmpty(here);
  expect((await here.states()).filter((state) => !state.includes("started"))).toEqual([
    `${run.id} failed 1`,
    `${run.id} failed 2`,
    `${run.id} dead 3`,
  ]);
  const reports = await here.reports();
  const waitMs = ({ again, finishedAt }: RunReport): number => Date.parse(again ?? "") - Date.parse(finishedAt ?? "");
  expect(reports.filter(({ state }) => state === "failed").map(waitMs)).toEqual([200, 400]);
  expect(reports.at(-1)).toMatchObject({ again: null, outcome: { kind: "dead", last: failed } });
  for (const { startedAt } of reports.filter(({ attempt, state }) => attempt > 1 && state === "started")) {
    expect(reports.some(({ again }) => again !== null && Date.parse(startedAt ?? "") >= Date.parse(again) - 100)).toBe(
      true,
    );
  }
  expect(agent.executions.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
});

test("a run that is cancelled ends as stopped and is not given again, under way or waiting", async () => {
  await using here = await startQueueBus();
  await here.startController();
  await using agent = await startHere(here);
  const [first, second] = [queuedRun(), queuedRun()];
  await here.queue(first);
  await expect.poll(() => agent.executions, soon).toHaveLength(1);
  agent.queue.cancel(first.id, "not wanted");
  await isEmpty(here);
  expect((await here.reports()).at(-1)).toMatchObject({
    id: first.id,
    state: "stopped",
    again: null,
    outcome: { reason: "not wanted" },
  });
  await here.queue(second);
  await expect.poll(() => agent.executions, soon).toHaveLength(2);
});

test("a run in doubt that is cancelled is never started", async () => {
  await using here = await startQueueBus();
  await using agent = await startHere(here);
  const run = queuedRun();
  await here.queue(run);
  await expect.poll(() => here.pending(), soon).toBe(1);
  // It is here once the server has handed it out and this connection has read it.
  await agent.connection.nc.flush();
  agent.queue.cancel(run.id, "not wanted");
  await here.startController();
  await isEmpty(here);
  expect(agent.executions).toEqual([]);
  expect(await here.reports()).toMatchObject([{ state: "stopped", attempt: 1, startedAt: null, instance: null }]);
});

test("a run whose end was asked for before it came is never started", async () => {
  await using here = await startQueueBus();
  await here.startController();
  await using agent = await startHere(here, { outcome: completed });
  const [first, second] = [queuedRun(), queuedRun()];
  await here.queue(first);
  await isEmpty(here);
  // It was in the queue before the agent heard of it, and is given to the agent after.
  await here.deleteConsumer();
  await here.queue(second);
  agent.queue.cancel(second.id, "not wanted");
  await here.makeConsumer();
  await isEmpty(here);
  expect(agent.executions.map(({ run }) => run)).toEqual([first.id]);
  expect((await here.reports()).at(-1)).toMatchObject({ id: second.id, state: "stopped", attempt: 1, startedAt: null });
});

test("a run of a workflow that had the name before is stopped, one of a workflow that has it since is left to its agents", async () => {
  await using here = await startQueueBus();
  await here.startController();
  const times = ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:01.000Z", "2026-01-01T00:00:02.000Z"] as const;
  await using agent = await startHere(here, { outcome: completed, createdAt: times[1] });
  const [before, own, since] = times.map((createdAt) => queuedRun({ createdAt })) as [R, R, R];
  for (const run of [since, before, own]) await here.queue(run);
  await expect.poll(() => here.queued(), soon).toBe(1);
  expect(agent.executions.map(({ run }) => run)).toEqual([own.id]);
  expect((await here.reports()).find(({ id }) => id === before.id)).toMatchObject({
    state: "stopped",
    outcome: { reason: "the workflow was deleted" },
  });
  await using next = await startHere(here, { outcome: completed, createdAt: times[2], instance: "hello-def-0" });
  await isEmpty(here);
  expect(next.executions.map(({ run }) => run)).toEqual([since.id]);
});

test("as many runs as allowed are under way, and the next starts when one ends", async () => {
  await using here = await startQueueBus();
  await here.startController();
  await using agent = await startHere(here, { concurrency: 3 });
  for (let n = 0; n < 5; n += 1) await here.queue(queuedRun());
  await expect.poll(() => agent.executions, soon).toHaveLength(3);
  expect(await here.pending()).toBe(3);
  agent.executions[1]?.end(completed);
  await expect.poll(() => agent.executions, soon).toHaveLength(4);
});

test("the time limit is the workflow's, or that of its environment when that is shorter", async () => {
  await using here = await startQueueBus();
  await here.startController();
  await using agent = await startHere(here, {
    outcome: completed,
    timeoutMs: 60_000,
    environment: { VAMP_WORKFLOW_EXECUTION_TIMEOUT: "2" },
  });
  await here.queue(queuedRun());
  await isEmpty(here);
  expect(agent.executions).toMatchObject([{ timeoutMs: 2_000 }]);
});

test("short runs are fetched ahead; those that then wait behind a long one are given back to other instances", async () => {
  await using here = await startQueueBus();
  await here.startController();
  await using agent = await startHere(here, { outcome: (n) => (n <= 50 ? completed : null) });
  const runs = Array.from({ length: 140 }, () => queuedRun());
  for (const run of runs) await here.queue(run);
  await expect.poll(() => agent.executions, soon).toHaveLength(51);
  await expect.poll(() => here.pending(), soon).toBeGreaterThan(10);
  await using other = await startHere(here, { instance: "hello-abc-1", outcome: completed });
  await expect.poll(() => here.queued(), soon).toBe(1);
  agent.executions.at(-1)?.end(completed);
  await isEmpty(here);
  const executed = [...agent.executions, ...other.executions].map(({ run }) => run);
  expect(executed.toSorted()).toEqual(runs.map(({ id }) => id).toSorted());
});

test("draining gives back what has not begun at once, finishes the rest and then ends", async () => {
  await using here = await startQueueBus();
  await here.startController();
  await using agent = await startHere(here);
  const [first, second] = [queuedRun(), queuedRun()];
  await here.queue(first);
  await expect.poll(() => agent.executions, soon).toHaveLength(1);
  agent.queue.drain("replaced");
  await here.queue(second);
  agent.executions[0]?.end(completed);
  expect(await agent.queue.ended).toBe("replaced");
  expect(agent.executions).toHaveLength(1);
  expect([await here.queued(), await here.pending()]).toEqual([1, 0]);
});

type R = ReturnType<typeof queuedRun>;
