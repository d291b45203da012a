// The loop with workflows that take runs from a queue: their containers come with work and go without.
import { expect, test } from "vitest";
import { entryOf, only } from "./entries.ts";
import { agent, beganMs, drained, firstPass, minuteMs, startLoop } from "./loop.ts";

test("a workflow without work has no container; its first run makes the queue ready and then starts one", async () => {
  await using loop = startLoop(only({ scale: { instances: 2 } }));
  await firstPass(loop);
  expect(loop.runtime.started).toEqual([]);
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual([agent, "hello-aaaaaa-q1"]);
  expect(loop.queue.asked).toContain("prepare hello 10000");
  expect(loop.said).toEqual(["instance:started", "instance:started"]);
});

test("slots that are to run in turn are given out one at a time, also while an old deployment drains", async () => {
  await using loop = startLoop(only({ schedule: { time: { period: "PT1S", overlap: "queue" } } }));
  loop.queue.setDepth("hello", 2);
  await expect.poll(() => loop.queue.asked).toContain("prepare hello 1");
});

test("the agent is told everything that it needs to take runs", async () => {
  const rules = { concurrency: 3, timeout: "PT2M", retry: { times: 2, delay: "PT5S", factor: 3 } };
  await using loop = startLoop(only(rules));
  loop.queue.setDepth("hello", 1);
  await expect.poll(() => loop.runtime.started).toHaveLength(1);
  expect(JSON.parse(loop.runtime.started[0]?.assignment ?? "")).toMatchObject({
    workflow: "hello",
    instance: agent,
    work: {
      kind: "queue",
      source: "1",
      concurrency: 3,
      timeoutMs: 120_000,
      retry: { times: 2, delayMs: 5_000, factor: 3 },
      singleUse: false,
    },
  });
});

test("it stays for keep_warm after the last work, then drains, ends without a failure, and leaves nothing behind", async () => {
  await using loop = startLoop(only({ keep_warm: "PT5M" }));
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual([agent]);
  loop.queue.setDepth("hello", 0);
  loop.clock.ms += 5 * minuteMs - 1;
  loop.look();
  await expect.poll(() => loop.queue.asked).toContain("refresh");
  expect(loop.told).toEqual([]);
  loop.clock.ms += 1;
  loop.look();
  await drained(loop);
  await expect.poll(() => loop.queue.asked).toContain("release hello");
  await expect.poll(() => loop.runtime.list()).toEqual({ instances: [], holders: [] });
  expect(loop.said).toEqual(["instance:started", "instance:stopped"]);
  expect(loop.failures.of("hello", "aaaaaaaaaaaa").count).toBe(0);
});

test("a queue that still has the requests of ended agents is taken down a little later", async () => {
  await using loop = startLoop(only({ keep_warm: "never" }));
  loop.queue.keeps = 1;
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual([agent]);
  loop.queue.setDepth("hello", 0);
  loop.look();
  await drained(loop);
  const releases = () => loop.queue.asked.filter((line) => line === "release hello").length;
  await expect.poll(releases).toBe(1);
  await expect.poll(() => loop.runtime.list()).toEqual({ instances: [], holders: [] });
  loop.clock.ms += 5_000;
  loop.look();
  await expect.poll(releases).toBe(2);
});

test("a controller asks the queue at once what there is to do, and now and then although it has nothing to do", async () => {
  await using loop = startLoop(only());
  await expect.poll(() => loop.queue.asked).toEqual(["refresh"]);
  loop.clock.ms += 10_000;
  loop.look();
  await expect.poll(() => loop.queue.asked).toEqual(["refresh", "refresh"]);
});

test("with keep_warm never it drains as soon as its work is done", async () => {
  await using loop = startLoop(only({ keep_warm: "never" }));
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual([agent]);
  loop.queue.setDepth("hello", 0);
  loop.look();
  await drained(loop);
  await expect.poll(loop.running).toEqual([]);
});

test("with keep_warm always it is there before any work, and comes back when it ends", async () => {
  await using loop = startLoop(only({ keep_warm: "always" }));
  await expect.poll(loop.running).toEqual([agent]);
  loop.runtime.exit(agent, { exitCode: 137, outOfMemory: true });
  await expect.poll(() => loop.said).toEqual(["instance:started", "instance:exited", "instance:started"]);
  expect(loop.failures.of("hello", "aaaaaaaaaaaa")).toMatchObject({ count: 1 });
});

test("a run that comes while the last agent drains gets a new one at once, or as soon as that has ended", async () => {
  await using loop = startLoop(only({ keep_warm: "never" }));
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual([agent]);
  loop.queue.setDepth("hello", 0);
  loop.look();
  await expect.poll(() => loop.told).toContain(`hello drain ${agent}`);
  loop.reports(agent, "draining");
  loop.queue.setDepth("hello", 1);
  loop.runtime.exit(agent, { exitCode: 0 });
  await expect.poll(() => loop.said.toSorted()).toEqual(["instance:started", "instance:started", "instance:stopped"]);
  expect(await loop.running()).toHaveLength(1);
});

test("a run that comes while the network of its workflow is removed gets an agent right after", async () => {
  await using loop = startLoop(only({ keep_warm: "never" }));
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual([agent]);
  const held = Promise.withResolvers<void>();
  const release = loop.runtime.release.bind(loop.runtime);
  let releasing = false;
  loop.runtime.release = async (workflow) => {
    releasing = true;
    await held.promise;
    await release(workflow);
  };
  loop.queue.setDepth("hello", 0);
  loop.look();
  await drained(loop);
  await expect.poll(() => releasing).toBe(true);
  loop.queue.setDepth("hello", 1);
  held.resolve();
  await expect.poll(loop.running).toEqual([agent]);
});

test("an agent is booted a moment before its slot is due", async () => {
  await using loop = startLoop(only({ schedule: { time: "PT1H" } }), { nextDueMs: () => beganMs + 60 * minuteMs });
  await firstPass(loop);
  loop.clock.ms = beganMs + 60 * minuteMs - 2_000;
  loop.look();
  await expect.poll(loop.running).toEqual([agent]);
});

test("ten thousand workflows without work are looked at now and then; what happens to one of them costs the others nothing", async () => {
  const names = Array.from({ length: 10_000 }, (_, n) => `w${n}`);
  const wanted = new Map(names.map((name) => [name, entryOf(name, { schedule: { event: "a" } })]));
  await using loop = startLoop(wanted);
  await expect.poll(() => loop.queue.looks).toBe(10_000);
  loop.queue.setDepth("w7", 1);
  await expect.poll(loop.running).toEqual(["w7-aaaaaa-q0"]);
  await expect.poll(() => loop.said).toEqual(["instance:started"]);
  expect(loop.queue.looks).toBeLessThan(10_100);
  expect(loop.runtime.started).toHaveLength(1);
});
