// The loop with agents that run and do not answer any more.
import { expect, test } from "vitest";
import { entryOf, only } from "./entries.ts";
import { agent, startLoop } from "./loop.ts";

const deployment = "aaaaaaaaaaaa";

test("an agent that runs and was not heard of for a minute is killed and replaced, and both are told", async () => {
  await using loop = startLoop(only());
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual([agent]);
  loop.hangs(agent, 60_000);
  await expect.poll(() => loop.said).toEqual(["instance:started", "instance:exited", "instance:started"]);
  expect(await loop.running()).toEqual([agent]);
  expect(loop.failures.of("hello", deployment).lastError).toBe("killed: its agent did not report for 60 s");
});

test("an agent that was heard of within the minute is left alone", async () => {
  await using loop = startLoop(only());
  loop.queue.setDepth("hello", 1);
  await expect.poll(loop.running).toEqual([agent]);
  loop.hangs(agent, 59_999);
  const looks = loop.queue.looks;
  await expect.poll(() => loop.queue.looks).toBeGreaterThan(looks);
  expect(loop.said).toEqual(["instance:started"]);
});

test("a daemon that hangs is killed and replaced, also when it is to be stopped anyway", async () => {
  const wanted = only({ schedule: "daemon" });
  await using loop = startLoop(wanted);
  await expect.poll(loop.running).toEqual(["hello-aaaaaa-0"]);
  loop.hangs("hello-aaaaaa-0", 60_000);
  await expect.poll(() => loop.said).toEqual(["instance:started", "instance:exited", "instance:started"]);
  wanted.set("hello", entryOf("hello", { schedule: "daemon" }, { status: "suspended" }));
  loop.hangs("hello-aaaaaa-0", 60_000);
  await expect.poll(() => loop.said.slice(3)).toEqual(["instance:exited", "unscheduled"]);
  expect(await loop.running()).toEqual([]);
});
