// How much work a workflow has, who may take it, and how it is taken back.
import { expect, test } from "vitest";
import { runsConsumer, runsStream } from "../../bus/subjects.ts";
import { eventually } from "../api.ts";
import { startInstallation, told } from "./installation.ts";
import { queuedRun } from "./reports.ts";

const once = { checked: false };
const limits = { underWayMax: 100 };

test("work is known as it is queued, as agents end it, and to a controller that starts later", async () => {
  await using all = await startInstallation();
  const { queue } = await all.controller();
  const heard: string[] = [];
  queue.onWork((workflow) => heard.push(workflow));
  expect(queue.lastWorkAtMs("hello")).toBeNull();
  await Promise.all(["a", "b", "c"].map((event) => queue.enqueue(queuedRun("hello", event), once)));
  await queue.enqueue(queuedRun("no-agent-yet", "a"), once);
  expect(heard).toEqual(["hello", "no-agent-yet"]);
  expect(queue.depth("hello")).toBe(3);
  expect(queue.lastWorkAtMs("hello")).not.toBeNull();

  await queue.prepare("hello", limits);
  const [first, second] = await all.take("hello", 2);
  await first?.ackAck();
  await queue.refresh();
  expect(queue.depth("hello")).toBe(2);

  const later = (await all.controller()).queue;
  await later.refresh();
  const found: string[] = [];
  later.onWork((workflow) => found.push(workflow));
  expect(found.toSorted()).toEqual(["hello", "no-agent-yet"]);
  expect([later.depth("hello"), later.depth("no-agent-yet"), later.depth("nobody")]).toEqual([2, 1, 0]);

  await second?.ackAck();
  for (const message of await all.take("hello", 1)) await message.ackAck();
  await queue.refresh();
  expect(queue.depth("hello")).toBe(0);
  await queue.enqueue(queuedRun("hello", "d"), once);
  expect(heard).toEqual(["hello", "no-agent-yet", "hello"]);
});

test("a consumer is made once, changed when its limit changes, and keeps what is under way", async () => {
  await using all = await startInstallation();
  const { queue } = await all.controller();
  await queue.enqueue(queuedRun("hello", "a"), once);
  await Promise.all([queue.prepare("hello", limits), queue.prepare("hello", limits)]);
  const [message] = await all.take("hello", 1);
  const { created } = await all.jsm.consumers.info(runsStream, runsConsumer("hello"));
  await queue.prepare("hello", { underWayMax: 7 });
  const after = await all.jsm.consumers.info(runsStream, runsConsumer("hello"));
  expect(after).toMatchObject({ created, num_ack_pending: 1, config: { max_ack_pending: 7, max_deliver: -1 } });
  await message?.ackAck();
  expect(await all.messages()).toBe(0);
});

test("a consumer stays while a run waits, is under way, or an agent asks for one", async () => {
  await using all = await startInstallation();
  const { queue } = await all.controller();
  expect(await queue.release("hello")).toBe(true);
  await queue.enqueue(queuedRun("hello", "a"), once);
  await queue.prepare("hello", limits);
  expect(await queue.release("hello")).toBe(false);
  const [message] = await all.take("hello", 1);
  expect(await queue.release("hello")).toBe(false);
  await message?.ackAck();
  const asking = all.take("hello", 1);
  await eventually(
    async () => all.jsm.consumers.info(runsStream, runsConsumer("hello")),
    (info) => info.num_waiting > 0,
  );
  expect(await queue.release("hello")).toBe(false);
  await asking;
  await eventually(() => queue.release("hello"), Boolean);
  await expect(all.jsm.consumers.info(runsStream, runsConsumer("hello"))).rejects.toThrow(/not found/);
});

test("a workflow with work whose consumer is gone is told of, also to a controller that starts later, and is served again", async () => {
  await using all = await startInstallation();
  const { queue } = await all.controller();
  const [ended, waits] = [queuedRun("hello", "a"), queuedRun("hello", "b")];
  for (const run of [ended, waits]) await queue.enqueue(run, once);
  await queue.prepare("hello", limits);
  expect(await queue.refresh()).toEqual([]);
  const [message] = await all.take("hello", 1);
  await all.jsm.consumers.delete(runsStream, runsConsumer("hello"));
  await all.say(told(ended, "completed"));
  message?.ack();
  expect(await queue.refresh()).toEqual(["hello"]);
  const later = (await all.controller()).queue;
  expect(await later.refresh()).toEqual(["hello"]);

  await later.restore("hello", { underWayMax: 7 });
  expect(await later.refresh()).toEqual([]);
  const info = await all.jsm.consumers.info(runsStream, runsConsumer("hello"));
  expect(info.config.max_ack_pending).toBe(7);
  const given = await all.take("hello", 2);
  expect(given.map((one) => one.json())).toEqual([waits]);
  expect(later.depth("hello")).toBe(1);
});

test("what is queued while there is no consumer is given to the first agent that comes", async () => {
  await using all = await startInstallation();
  const { queue } = await all.controller();
  await queue.prepare("hello", limits);
  await queue.release("hello");
  const run = queuedRun("hello", "a");
  await queue.enqueue(run, once);
  await queue.prepare("hello", limits);
  expect((await all.take("hello", 1))[0]?.json()).toEqual(run);
});

test("a run that waits is withdrawn and reported as stopped; one that is under way, over or unknown is not", async () => {
  await using all = await startInstallation();
  const { queue, history } = await all.controller();
  const [taken, waits, over] = ["a", "b", "c"].map((event) => queuedRun("hello", event)) as [R, R, R];
  for (const run of [taken, over, waits]) await queue.enqueue(run, once);
  await queue.prepare("hello", limits);
  const messages = await all.take("hello", 2);
  expect(await queue.withdraw("hello", taken.id, "not wanted")).toBe(false);
  await all.say(told(over, "completed"));
  expect(await queue.withdraw("hello", over.id, "not wanted")).toBe(false);
  expect(await queue.withdraw("hello", "nobody", "not wanted")).toBe(false);

  expect(await queue.withdraw("hello", waits.id, "not wanted")).toBe(true);
  expect(queue.depth("hello")).toBe(2);
  expect(await queue.withdraw("hello", waits.id, "not wanted")).toBe(false);
  const outcome = { kind: "stopped", reason: "not wanted" };
  expect(await history.run(waits.id, await history.streamEnd())).toMatchObject({ state: "stopped", outcome });
  for (const message of messages) await message.ackAck();
  expect(await all.messages()).toBe(0);
});

test("a run that waits for its retry is withdrawn, and leaves no work behind", async () => {
  await using all = await startInstallation();
  const { queue, history } = await all.controller();
  const run = queuedRun("hello", "a");
  await queue.enqueue(run, once);
  await queue.prepare("hello", limits);
  const [message] = await all.take("hello", 1);
  await all.say(told(run, "started"));
  const error = { message: "it broke" };
  const again = new Date(Date.now() + 600_000).toISOString();
  await all.say(told(run, "failed", { again, outcome: { kind: "failed", exitCode: 1, error } }));
  message?.nak(600_000);
  // Asked on the same connection, so the server has taken the refusal first.
  await all.messages();
  expect(await queue.withdraw("hello", run.id, "not wanted")).toBe(true);
  const record = await history.run(run.id, await history.streamEnd());
  expect(record).toMatchObject({ state: "stopped", attempt: 1, turn: 2, attempts: [{ attempt: 1, state: "failed" }] });
  await eventually(
    () => queue.refresh().then(() => queue.depth("hello")),
    (depth) => depth === 0,
  );
  await eventually(() => queue.release("hello"), Boolean);
});

test("all runs of a workflow that is gone are reported as stopped, whether they wait or were under way", async () => {
  await using all = await startInstallation();
  const { queue, history } = await all.controller();
  const runs = Array.from({ length: 1_200 }, (_, n) => queuedRun("gone", `e${n}`));
  await Promise.all(runs.map((run) => queue.enqueue(run, once)));
  await queue.enqueue(queuedRun("stays", "a"), once);
  await queue.prepare("gone", limits);
  await all.take("gone", 2);
  const [under] = runs;
  if (under) await all.say(told(under, "started"));
  await queue.clear("gone", "the workflow was deleted");
  const query = { workflow: "gone", state: "stopped", since: null, page: 1, perPage: 1 } as const;
  expect((await history.runs(query, await history.streamEnd())).total).toBe(1_200);
  expect(await history.run(under?.id ?? "", 0)).toMatchObject({ state: "stopped", attempt: 1 });
  expect(await all.messages()).toBe(1);
  expect([queue.depth("gone"), queue.depth("stays")]).toEqual([0, 1]);
  await queue.clear("gone", "again");
  await queue.prepare("gone", limits);
});

const former = "2026-01-01T00:00:00.000Z";
const later = "2026-01-01T00:00:01.000Z";

test("runs of a workflow that was created anew under its name are left alone, as is its consumer", async () => {
  let present: string | null = null;
  await using all = await startInstallation({ present: () => (present === null ? null : { createdAt: present }) });
  const { queue, history } = await all.controller();
  await queue.enqueue(queuedRun("hello", "a", { createdAt: later }), once);
  await queue.prepare("hello", limits);
  present = later;
  await queue.clear("hello", "the workflow was deleted");
  expect(await all.take("hello", 5)).toHaveLength(1);
  const { id } = queuedRun("hello", "a");
  expect(await history.run(id, await history.streamEnd())).toMatchObject({ state: "queued" });
  expect(queue.depth("hello")).toBe(1);
});

test("a workflow that is created anew while its former runs are cleared keeps what was queued for it", async () => {
  let asked = 0;
  // It comes when the clearing has begun.
  await using all = await startInstallation({ present: () => ((asked += 1) > 1 ? { createdAt: later } : null) });
  const { queue, history } = await all.controller();
  const old = queuedRun("hello", "a", { createdAt: former });
  const fresh = queuedRun("hello", "b", { createdAt: later });
  for (const run of [old, fresh]) await queue.enqueue(run, once);
  await queue.clear("hello", "the workflow was deleted");
  expect(await history.run(old.id, await history.streamEnd())).toMatchObject({ state: "stopped" });
  expect(await history.run(fresh.id, await history.streamEnd())).toMatchObject({ state: "queued" });
  expect(queue.depth("hello")).toBe(1);
  await queue.prepare("hello", limits);
  expect((await all.take("hello", 5)).map((message) => message.json())).toEqual([fresh]);
});

type R = ReturnType<typeof queuedRun>;
