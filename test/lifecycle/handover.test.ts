// The loop when what is wanted of a workflow with a queue changes while it runs.
import { expect, test } from "vitest";
import { entryOf, only } from "./entries.ts";
import { agent, drained, firstPass, minuteMs, startLoop } from "./loop.ts";

test("a new deployment starts at once while the old one finishes its runs and then goes", async () => {
  const wanted = only();
  await using loop = startLoop(wanted);
  loop.queue.setDepth("hello", 2);
  await expect.poll(loop.running).toEqual([agent]);
  loop.reports(agent, "running");
  wanted.set("hello", entryOf("hello", {}, { deployment: "bbbbbbbbbbbb" }));
  loop.look();
  await expect.poll(loop.running).toEqual([agent, "hello-bbbbbb-q0"]);
  expect(loop.told).toContain(`hello drain ${agent}`);
  loop.reports(agent, "draining");
  loop.runtime.exit(agent, { exitCode: 0 });
  await expect.poll(loop.running).toEqual(["hello-bbbbbb-q0"]);
  await expect.poll(() => loop.said).toEqual(["instance:started", "instance:started", "instance:stopped"]);
});

test("an agent that drains for longer than a run may take is stopped", async () => {
  const wanted = only({ timeout: "PT1M" });
  await using loop = startLoop(wanted);
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual([agent]);
  wanted.set("hello", entryOf("hello", {}, { status: "suspended" }));
  loop.look();
  await expect.poll(() => loop.told).toContain(`hello drain ${agent}`);
  loop.reports(agent, "draining");
  loop.clock.ms += 2 * minuteMs;
  loop.look();
  await expect.poll(loop.running).toEqual([]);
  await expect.poll(() => loop.said).toEqual(["instance:started", "instance:stopped", "unscheduled"]);
});

test("a suspended workflow drains and starts nothing, whatever waits; resumed it starts at once", async () => {
  const wanted = only();
  await using loop = startLoop(wanted);
  loop.queue.setDepth("hello", 5);
  await expect.poll(loop.running).toEqual([agent]);
  wanted.set("hello", entryOf("hello", {}, { status: "suspended" }));
  loop.look();
  await drained(loop);
  await expect.poll(() => loop.said).toEqual(["instance:started", "instance:stopped", "unscheduled"]);
  expect(loop.queue.asked).not.toContain("release hello");
  expect(loop.queue.asked.join()).not.toContain("clear");
  wanted.set("hello", entryOf("hello"));
  loop.look();
  await expect.poll(loop.running).toEqual([agent]);
});

test("a workflow that is resumed while its agent finishes a long run gives what waits to another agent", async () => {
  const wanted = only();
  await using loop = startLoop(wanted);
  loop.queue.setDepth("hello", 2);
  await expect.poll(loop.running).toEqual([agent]);
  wanted.set("hello", entryOf("hello", {}, { status: "suspended" }));
  loop.look();
  await expect.poll(() => loop.told).toContain(`hello drain ${agent}`);
  loop.reports(agent, "draining");
  wanted.set("hello", entryOf("hello"));
  loop.look();
  const other = agent.replace("q0", "q1");
  await expect.poll(loop.running).toEqual([agent, other]);
  loop.runtime.exit(agent, { exitCode: 0 });
  await expect.poll(loop.running).toEqual([other]);
  await expect.poll(() => loop.said).toEqual(["instance:started", "instance:started", "instance:stopped"]);
});

test("a deleted workflow stops at once, and its runs go with it", async () => {
  const wanted = only();
  await using loop = startLoop(wanted);
  loop.queue.setDepth("hello", 5);
  await expect.poll(loop.running).toEqual([agent]);
  wanted.delete("hello");
  loop.look();
  await expect.poll(() => loop.said).toEqual(["instance:started", "instance:stopped", "unscheduled"]);
  expect(loop.queue.asked.filter((line) => line !== "refresh")).toEqual([
    "prepare hello 10000",
    "clear hello: the workflow was deleted",
    "release hello",
  ]);
});

test("the runs of a workflow that was deleted without a container go too, also when the queue knows of them first", async () => {
  const wanted = only({}, { status: "suspended" });
  await using loop = startLoop(wanted);
  await firstPass(loop);
  loop.queue.setDepth("hello", 1);
  loop.queue.setDepth("unknown", 1);
  wanted.delete("hello");
  loop.look();
  await expect.poll(() => loop.queue.asked).toContain("clear hello: the workflow was deleted");
  await expect.poll(() => loop.queue.asked).toContain("clear unknown: the workflow was deleted");
});

test("a daemon that becomes a time schedule stops at once, and back: its agents drain beside the daemon", async () => {
  const wanted = only({ schedule: "daemon" });
  await using loop = startLoop(wanted);
  await expect.poll(loop.running).toEqual(["hello-aaaaaa-0"]);
  wanted.set("hello", entryOf("hello", { schedule: { time: "PT1S" } }, { deployment: "bbbbbbbbbbbb" }));
  loop.queue.setDepth("hello", 1);
  loop.look();
  await expect.poll(loop.running).toEqual(["hello-bbbbbb-q0"]);
  wanted.set("hello", entryOf("hello", { schedule: "daemon" }, { deployment: "cccccccccccc" }));
  loop.queue.setDepth("hello", 0);
  loop.look();
  await expect.poll(loop.running).toEqual(["hello-bbbbbb-q0", "hello-cccccc-0"]);
  await drained(loop, "hello-bbbbbb-q0");
  await expect.poll(loop.running).toEqual(["hello-cccccc-0"]);
});

test("a controller that stops leading drains its agents, and neither clears nor releases a queue that is another's", async () => {
  const wanted = only();
  await using loop = startLoop(wanted);
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual([agent]);
  loop.clock.leading = false;
  loop.look();
  await drained(loop);
  await expect.poll(() => loop.runtime.list()).toEqual({ instances: [], holders: [] });
  wanted.delete("hello");
  loop.look();
  loop.queue.setDepth("hello", 0);
  await expect.poll(() => loop.said).toEqual(["instance:started", "instance:stopped"]);
  expect(loop.queue.asked.filter((line) => /release|clear/.test(line))).toEqual([]);
});

test("agents that an earlier controller left are kept as warm as if they had just worked", async () => {
  const wanted = only();
  const before = startLoop(wanted);
  before.queue.setDepth("hello", 1);
  await expect.poll(before.running).toEqual([agent]);
  await before[Symbol.asyncDispose]();

  await using loop = startLoop(wanted, { runtime: before.runtime });
  await expect.poll(() => loop.queue.asked).toContain("refresh");
  expect(loop.told).toEqual([]);
  loop.clock.ms += 5 * minuteMs;
  loop.look();
  await drained(loop);
  await expect.poll(loop.running).toEqual([]);
});
