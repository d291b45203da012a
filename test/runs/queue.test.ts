// Runs are queued once, whatever happens between two stores and however often it is tried (I2).
import { expect, test } from "vitest";
import { queuedEvent } from "../../controller/runs/run-events.ts";
import { eventually } from "../api.ts";
import { startInstallation, told } from "./installation.ts";
import { queuedRun } from "./reports.ts";

const once = { checked: false };
const again = { checked: true };

test("a run that is queued is in its workflow's queue and in the history", async () => {
  await using all = await startInstallation();
  const { queue, history } = await all.controller();
  const run = queuedRun("hello", "e1");
  expect(await queue.enqueue(run, once)).toBe("queued");
  await queue.prepare("hello", { underWayMax: 10 });
  const [message] = await all.take("hello", 1);
  expect(message?.json()).toEqual(run);
  expect(await history.run(run.id, await history.streamEnd())).toMatchObject({
    state: "queued",
    cause: "e1",
    attempt: 0,
  });
});

test("a run that is queued twice is in the queue once, within and after the duplicate window", async () => {
  await using all = await startInstallation({ duplicateWindowMs: 100 });
  const { queue } = await all.controller();
  const run = queuedRun("hello", "e1");
  expect(await queue.enqueue(run, once)).toBe("queued");
  expect(await queue.enqueue(run, once)).toBe("known");
  await beyondWindow(all);
  expect(await queue.enqueue(run, once)).toBe("known");
  expect(await queue.enqueue(run, again)).toBe("known");
  expect(await all.messages()).toBe(1);
});

test("a run that was acknowledged is known after the duplicate window, too", async () => {
  await using all = await startInstallation({ duplicateWindowMs: 100 });
  const { queue } = await all.controller();
  const run = queuedRun("hello", "e1");
  await queue.enqueue(run, once);
  await queue.prepare("hello", { underWayMax: 10 });
  const [message] = await all.take("hello", 1);
  await all.say(told(run, "started"));
  await all.say(told(run, "completed"));
  await message?.ackAck();
  expect(await all.messages()).toBe(0);
  await beyondWindow(all);
  expect(await queue.enqueue(run, again)).toBe("known");
  expect(await all.messages()).toBe(0);
});

test("two controllers queue the same runs at once: each run is there once", async () => {
  await using all = await startInstallation();
  const [one, other] = [await all.controller(), await all.controller()];
  const runs = Array.from({ length: 200 }, (_, n) => queuedRun("hello", `e${n}`));
  const answers = await Promise.all(
    runs.flatMap((run) => [one.queue.enqueue(run, once), other.queue.enqueue(run, once)]),
  );
  expect(answers.filter((answer) => answer === "queued")).toHaveLength(200);
  expect(await all.messages()).toBe(200);
});

test("a crash between message and event, either way round, is completed by whoever queues the run again", async () => {
  await using all = await startInstallation({ duplicateWindowMs: 100 });
  const { queue, publisher, append, history } = await all.controller();
  const onlyMessage = queuedRun("hello", "e1");
  const onlyEvent = queuedRun("hello", "e2");
  await publisher.publish("run.hello." + onlyMessage.id, JSON.stringify(onlyMessage), onlyMessage.id);
  await append(queuedEvent(onlyEvent));
  await beyondWindow(all);
  expect(await queue.enqueue(onlyMessage, again)).toBe("known");
  expect(await queue.enqueue(onlyEvent, again)).toBe("queued");
  expect(await all.messages()).toBe(2);
  const records = await history.runsById([onlyMessage.id, onlyEvent.id], await history.streamEnd());
  expect(records.map(({ state }) => state)).toEqual(["queued", "queued"]);
});

test("a backlog of events is checked with a handful of questions", async () => {
  await using all = await startInstallation();
  const { queue, index } = await all.controller();
  const runs = Array.from({ length: 3_000 }, (_, n) => queuedRun("hello", `e${n}`));
  await Promise.all(runs.map((run) => queue.enqueue(run, once)));
  const answers = await Promise.all(runs.map((run) => queue.enqueue(run, again)));
  expect(new Set(answers)).toEqual(new Set(["known"]));
  // More than 1,000 questions at once are refused by the index.
  expect(
    (await index.ask("runs", [{ workflow: null, state: "queued", since: null, page: 1, perPage: 1 }], 0)).total,
  ).toBe(3_000);
});

test("a server that is killed brings acknowledged runs back: they are known, removed, and nobody's work", async () => {
  await using all = await startInstallation();
  const { queue } = await all.controller();
  const runs = Array.from({ length: 20 }, (_, n) => queuedRun("hello", `e${n}`));
  await Promise.all(runs.map((run) => queue.enqueue(run, once)));
  await queue.prepare("hello", { underWayMax: 100 });
  for (const [n, message] of (await all.take("hello", 10)).entries()) {
    const run = runs.find(({ id }) => message.subject.endsWith(id));
    if (run) await all.say(told(run, n === 9 ? "started" : "completed"));
    // The ninth is over, and its agent died before it said so to the queue; the tenth is under way.
    if (n < 8) await message.ackAck();
  }
  expect(await all.messages()).toBe(12);
  await all.kill();
  expect(await all.messages()).toBe(20);
  await eventually(
    () =>
      queue.refresh().then(
        () => true,
        () => false,
      ),
    Boolean,
  );
  for (const run of runs) expect(await queue.enqueue(run, again)).toBe("known");
  await eventually(
    () => queue.refresh().then(() => queue.depth("hello")),
    (depth) => depth === 11,
  );
  expect(await all.messages()).toBe(11);
});

test("a publish whose answer is lost with the server is repeated, and the run is there once", async () => {
  await using all = await startInstallation();
  const { queue, history } = await all.controller();
  const runs = Array.from({ length: 500 }, (_, n) => queuedRun("hello", `e${n}`));
  const queued = Promise.all(runs.map((run) => queue.enqueue(run, once)));
  await all.kill();
  await queued;
  expect(await all.messages()).toBe(500);
  expect(
    (
      await history.runsById(
        runs.map(({ id }) => id),
        await history.streamEnd(),
      )
    ).length,
  ).toBe(500);
});

test("a server that is restarted forgets the ids of acknowledged runs, and the history does not", async () => {
  await using all = await startInstallation();
  const { queue, publisher } = await all.controller();
  const run = queuedRun("hello", "e1");
  await queue.enqueue(run, once);
  await queue.prepare("hello", { underWayMax: 10 });
  const [message] = await all.take("hello", 1);
  await all.say(told(run, "completed"));
  await message?.ackAck();
  await all.restart();
  expect(await eventually(() => queue.enqueue(run, again).catch(() => null), Boolean)).toBe("known");
  expect(await all.messages()).toBe(0);
  expect(await publisher.publish(`run.hello.${run.id}`, JSON.stringify(run), run.id)).toMatchObject({
    duplicate: false,
  });
});

test("a dead letter is given again once, although its former message came back", async () => {
  await using all = await startInstallation({ duplicateWindowMs: 100 });
  const { queue, history } = await all.controller();
  const first = queuedRun("hello", "e1");
  await queue.enqueue(first, once);
  await all.say(told(first, "dead", { outcome: { kind: "dead", reason: "no attempts left", last: null } }));
  const requeued = { ...first, attemptsBefore: 1 };
  expect(await queue.enqueue(requeued, once)).toBe("queued");
  await beyondWindow(all);
  expect(await queue.enqueue(requeued, once)).toBe("known");
  expect(await queue.enqueue(requeued, again)).toBe("known");
  await queue.prepare("hello", { underWayMax: 10 });
  const [message] = await all.take("hello", 5);
  expect(message?.json()).toEqual(requeued);
  expect(await history.run(first.id, await history.streamEnd())).toMatchObject({ state: "queued", turn: 1 });

  await all.say(told(requeued, "completed"));
  await message?.ackAck();
  await beyondWindow(all);
  expect(await queue.enqueue(requeued, again)).toBe("known");
  expect(await all.messages()).toBe(0);
});

test("a stream without room makes a dead letter of the run, which can be given again and again", async () => {
  await using all = await startInstallation({ runsBytesMax: 4_000 });
  const { queue, history } = await all.controller();
  const full = async (event: string) => (await queue.enqueue(queuedRun(event, event), once)) === "full";
  let count = 0;
  while (!(await full(`w${count}`))) count += 1;
  expect(count).toBeGreaterThan(2);
  const refused = queuedRun(`w${count}`, `w${count}`);
  for (const turn of [1, 2]) {
    expect(await history.run(refused.id, await history.streamEnd())).toMatchObject({
      state: "dead",
      attempt: 0,
      turn,
      attempts: [],
      outcome: { reason: expect.stringContaining("full") as string },
    });
    expect(await queue.enqueue({ ...refused, attemptsBefore: turn - 1 }, again)).toBe("known");
    expect(await queue.enqueue({ ...refused, attemptsBefore: turn }, once)).toBe("full");
  }
  await queue.refresh();
  expect(queue.depth(refused.workflow)).toBe(0);
});

test("one workflow's flood takes half of the room at most", async () => {
  await using all = await startInstallation({ runsBytesMax: 40_000 });
  const { queue } = await all.controller();
  const flood = [];
  for (let n = 0; n < 100; n += 1) flood.push(await queue.enqueue(queuedRun("flood", `e${n}`), once));
  expect(flood.at(-1)).toBe("full");
  expect(flood.filter((answer) => answer === "queued").length).toBeGreaterThan(20);
  expect(await queue.enqueue(queuedRun("other", "e1"), once)).toBe("queued");

  await queue.prepare("flood", { underWayMax: 1_000 });
  for (const message of await all.take("flood", 100)) await message.ackAck();
  await eventually(
    () => queue.enqueue(queuedRun("flood", `later ${Math.random()}`), once),
    (answer) => answer === "queued",
  );
});

test("three floods at once leave room for a workflow of which nothing waits", async () => {
  await using all = await startInstallation({ runsBytesMax: 400_000 });
  const { queue } = await all.controller();
  const floods = ["one", "two", "three"];
  const answers = await Promise.all(
    floods.flatMap((workflow) =>
      Array.from({ length: 500 }, (_, n) => queue.enqueue(queuedRun(workflow, `e${n}`), once)),
    ),
  );
  expect(answers.filter((answer) => answer === "full").length).toBeGreaterThan(300);
  const { bytes } = (await all.jsm.streams.info("RUNS")).state;
  expect(bytes).toBeGreaterThan(0.8 * 400_000);
  expect(bytes).toBeLessThan(0.86 * 400_000);
  for (let n = 0; n < 5; n += 1) expect(await queue.enqueue(queuedRun("other", `e${n}`), once)).toBe("queued");
  expect(await queue.enqueue(queuedRun("one", "later"), once)).toBe("full");
});

/** The stream has forgotten the message ids that it saw before. */
async function beyondWindow(all: Awaited<ReturnType<typeof startInstallation>>): Promise<void> {
  const nc = (await all.jsm.streams.info("EVENTS")).state;
  const id = `probe ${nc.last_seq}`;
  const run = queuedRun("probe", id);
  const { publisher } = await all.controller(`probe-${nc.last_seq}`);
  const publish = () => publisher.publish(`event.probe.run`, JSON.stringify(run), id);
  await publish();
  await eventually(publish, ({ duplicate }) => !duplicate);
}
