// The loop with agents for one run each, beside a daemon, and with agents that fail.
import { expect, test } from "vitest";
import { StartError } from "../../controller/runtime/runtime.ts";
import { only } from "./entries.ts";
import { agent, drained, firstPass, startLoop } from "./loop.ts";

test("a daemon that is run by hand has an agent beside it for as long as that takes", async () => {
  await using loop = startLoop(only({ schedule: "daemon" }));
  await expect.poll(loop.running).toEqual(["hello-aaaaaa-0"]);
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual(["hello-aaaaaa-0", agent]);
  loop.queue.setDepth("hello", 0);
  loop.look();
  await drained(loop);
  await expect.poll(loop.running).toEqual(["hello-aaaaaa-0"]);
});

test("where each run has a container, one that is booted stands by, and runs never exceed the scale", async () => {
  await using loop = startLoop(only({ isolation: "container" }));
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual([agent]);
  expect(loop.queue.asked).toContain("prepare hello 1");
  loop.reports(agent, "running");
  await expect.poll(loop.running).toEqual([agent, "hello-aaaaaa-q1"]);
  loop.queue.setDepth("hello", 7);
  loop.look();
  await expect.poll(() => loop.reconciler.picture.inventory.instances).toHaveLength(2);
  expect(loop.runtime.started).toHaveLength(2);

  loop.reports("hello-aaaaaa-q1", "running");
  loop.runtime.exit(agent, { exitCode: 0 });
  await expect.poll(() => loop.runtime.started.map((spec) => spec.instance)).toEqual([agent, "hello-aaaaaa-q1", agent]);
  await expect.poll(() => loop.said).toContain("instance:stopped");
  expect(loop.said).not.toContain("instance:exited");
  expect(loop.failures.of("hello", "aaaaaaaaaaaa").count).toBe(0);
});

test("an agent that keeps failing is started again later and later, and a good end clears that", async () => {
  await using loop = startLoop(only({ isolation: "container" }));
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual([agent]);
  loop.runtime.exit(agent, { exitCode: 1 });
  await expect.poll(() => loop.runtime.started).toHaveLength(2);
  await expect.poll(loop.running).toEqual([agent]);
  loop.runtime.exit(agent, { exitCode: 1 });
  await expect.poll(() => loop.failures.of("hello", "aaaaaaaaaaaa").count).toBe(2);
  await expect.poll(() => loop.reconciler.picture.inventory.instances).toEqual([]);
  loop.clock.ms += 3_000;
  loop.look();
  await expect.poll(loop.running).toEqual([agent]);
  loop.runtime.exit(agent, { exitCode: 0 });
  await expect.poll(() => loop.failures.of("hello", "aaaaaaaaaaaa").count).toBe(0);
});

test("an agent that ends by itself although it was not told to is a failure, whatever its code", async () => {
  await using loop = startLoop(only());
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual([agent]);
  loop.runtime.exit(agent, { exitCode: 0 });
  await expect.poll(() => loop.said).toContain("instance:exited");
  expect(loop.failures.of("hello", "aaaaaaaaaaaa").count).toBe(1);
});

test("an agent that cannot start is tried again, and the runs wait for it", async () => {
  await using loop = startLoop(only());
  await firstPass(loop);
  loop.runtime.failNextStart(new StartError("refused", "no room"));
  loop.queue.setDepth("hello", 1);
  await expect.poll(() => loop.said).toEqual(["instance:failed", "instance:started"]);
});
