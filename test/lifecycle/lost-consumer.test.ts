// The loop with a queue whose consumer somebody removed while its agents are warm.
import { expect, test } from "vitest";
import { only } from "./entries.ts";
import { agent, startLoop } from "./loop.ts";

test("a consumer that is gone while agents wait for runs is made again, with its limit", async () => {
  await using loop = startLoop(only({ isolation: "container", scale: { instances: 3 } }));
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual([agent]);
  loop.reports(agent, "idle");
  loop.queue.unserved.add("hello");
  await refreshed(loop);
  await expect.poll(() => loop.queue.asked).toContain("restore hello 3");
});

test("a consumer that is gone is not made again before the runs that agents took from it have ended", async () => {
  await using loop = startLoop(only());
  loop.queue.setDepth("hello", 2);
  await expect.poll(loop.running).toEqual([agent]);
  loop.reports(agent, "running");
  loop.queue.unserved.add("hello");
  await refreshed(loop);
  await refreshed(loop);
  expect(loop.queue.asked).not.toContain("restore hello 10000");
  loop.reports(agent, "idle");
  await refreshed(loop);
  await expect.poll(() => loop.queue.asked).toContain("restore hello 10000");
});

test("a suspended workflow, which has runs and no agent, needs no consumer", async () => {
  await using loop = startLoop(only({}, { status: "suspended" }));
  loop.queue.setDepth("hello", 2);
  loop.queue.unserved.add("hello");
  await refreshed(loop);
  await refreshed(loop);
  expect(loop.queue.asked.filter((line) => line.startsWith("restore"))).toEqual([]);
});

/** The queue was asked once more how much work is left. */
async function refreshed(loop: ReturnType<typeof startLoop>): Promise<void> {
  const asked = () => loop.queue.asked.filter((line) => line === "refresh").length;
  const before = asked();
  loop.clock.ms += 10_000;
  loop.look();
  await expect.poll(asked).toBeGreaterThan(before);
}
