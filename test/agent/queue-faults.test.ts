// The queue side of an agent against a real nats-server: what is lost, forgotten, delivered again or not there.
import { expect, test } from "vitest";
import { queuedRun, startQueueBus } from "./queue-bus.ts";
import { completed, isEmpty, soon, startHere } from "./queue-here.ts";

test("a run that came before and is over by now is acknowledged and not started (I2)", async () => {
  await using here = await startQueueBus({ ack_wait: 1_000_000_000 });
  const controller = await here.startController();
  const run = queuedRun();
  await using first = await startHere(here, { outcome: completed });
  await here.queue(run);
  await isEmpty(here);
  // As a server that was killed may do: the message is there again, its acknowledgement forgotten.
  await here.queue({ ...run });
  await isEmpty(here);
  expect(first.executions).toHaveLength(1);
  expect(controller.questions.flat()).toEqual([run.id, run.id]);
});

test("while no controller answers, a run in doubt waits and is kept; then it starts", async () => {
  await using here = await startQueueBus({ ack_wait: 4_000_000_000 });
  await using agent = await startHere(here, { outcome: completed });
  const run = queuedRun();
  await here.queue(run);
  await expect.poll(() => here.pending(), soon).toBe(1);
  expect(agent.executions).toEqual([]);
  await here.startController();
  await isEmpty(here);
  expect(agent.executions).toMatchObject([{ run: run.id, attempt: 1 }]);
});

test("a run whose host died four times becomes a dead letter and is not started again", async () => {
  await using here = await startQueueBus({ ack_wait: 1_000_000_000 });
  const run = queuedRun();
  await here.queue(run);
  for (const instance of ["a", "b", "c", "d"]) {
    // Each is at work on it, and is gone without a word.
    const controller = await here.startController();
    const agent = await startHere(here, { instance });
    await expect.poll(() => agent.executions, soon).toHaveLength(1);
    await expect.poll(async () => (await here.states()).length, soon).toBe(agent.executions[0]?.attempt);
    await agent.connection.nc.close();
    controller.stop();
    agent.queue.close();
  }
  await here.startController();
  await using last = await startHere(here, { instance: "e" });
  await isEmpty(here);
  expect(last.executions).toEqual([]);
  expect((await here.reports()).at(-1)).toMatchObject({
    state: "dead",
    attempt: 4,
    outcome: { kind: "dead", reason: "its container or host died 4 times", last: null },
  });
});

test("a NATS crash in the middle loses no run and starts none twice (I2)", async () => {
  await using here = await startQueueBus({ ack_wait: 2_000_000_000 });
  await here.startController();
  await using agent = await startHere(here, { concurrency: 4, outcome: completed });
  const runs = Array.from({ length: 200 }, () => queuedRun());
  for (const run of runs.slice(0, 100)) await here.queue(run);
  await here.bus.nats.kill();
  await expect.poll(() => agent.connection.online, soon).toBe(false);
  await here.bus.restartNats();
  for (const run of runs.slice(100)) await here.queue(run);
  // A killed server may bring back messages that its consumer knows to be acknowledged: they stay there, and are never delivered.
  await expect.poll(() => here.isDone(), soon).toBe(true);
  expect(agent.executions.map(({ run }) => run).toSorted()).toEqual(runs.map(({ id }) => id).toSorted());
  const ends = (await here.reports()).filter(({ state }) => state === "completed").map(({ id }) => id);
  expect(ends.toSorted()).toEqual(runs.map(({ id }) => id).toSorted());
});

test("a run that is under way while NATS restarts goes on, ends once and is acknowledged once (I2)", async () => {
  await using here = await startQueueBus({ ack_wait: 1_000_000_000 });
  await here.startController();
  await using agent = await startHere(here);
  const run = queuedRun();
  await here.queue(run);
  await expect.poll(() => agent.executions, soon).toHaveLength(1);
  await here.bus.nats.kill();
  await expect.poll(() => agent.connection.online, soon).toBe(false);
  agent.executions[0]?.end(completed);
  await here.bus.restartNats();
  await using _other = await startHere(here, { instance: "hello-abc-1", outcome: completed });
  await isEmpty(here);
  expect(await here.states()).toEqual([`${run.id} started 1`, `${run.id} completed 1`]);
  expect(agent.executions).toHaveLength(1);
});

test("a run under way that is delivered again, here or to another, is not started a second time", async () => {
  // Signs of life come every 3 s, so a shorter ack_wait has JetStream deliver again what is alive.
  await using here = await startQueueBus({ ack_wait: 500_000_000 });
  await here.startController();
  await using agent = await startHere(here, { concurrency: 2 });
  const run = queuedRun();
  await here.queue(run);
  await expect.poll(() => agent.executions, soon).toHaveLength(1);
  await here.queue(queuedRun());
  await expect.poll(() => agent.executions, soon).toHaveLength(2);
  agent.executions[1]?.end(completed);
  const deliveries = async (): Promise<number> => here.delivered();
  const before = await deliveries();
  await expect.poll(deliveries, soon).toBeGreaterThan(before + 2);
  expect(agent.executions).toHaveLength(2);
  agent.executions[0]?.end(completed);
  await isEmpty(here);
});

test("a consumer that is removed and made again goes on, and what was under way is not started twice (I2)", async () => {
  await using here = await startQueueBus({ ack_wait: 1_000_000_000 });
  await here.startController();
  await using agent = await startHere(here, { concurrency: 2 });
  const [first, second] = [queuedRun(), queuedRun()];
  await here.queue(first);
  await expect.poll(() => agent.executions, soon).toHaveLength(1);
  await here.deleteConsumer();
  await here.queue(second);
  await here.makeConsumer();
  await expect.poll(() => agent.executions, soon).toHaveLength(2);
  for (const execution of agent.executions) execution.end(completed);
  await isEmpty(here);
  expect(agent.executions.map(({ run }) => run)).toEqual([first.id, second.id]);
});

test("without its consumer an agent waits for it, and takes the run that waits then", async () => {
  await using here = await startQueueBus();
  await here.startController();
  await here.deleteConsumer();
  await here.queue(queuedRun());
  await using agent = await startHere(here, { outcome: completed });
  await here.makeConsumer();
  await isEmpty(here);
  expect(agent.executions).toHaveLength(1);
});
