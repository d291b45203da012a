import { expect, test } from "vitest";
import { createCancellations } from "../../controller/lifecycle/cancellations.ts";

function parts(waiting: readonly string[]) {
  const told: string[] = [];
  const clock = { ms: 0 };
  const cancellations = createCancellations({
    queue: { withdraw: (_, run) => Promise.resolve(waiting.includes(run)) },
    tellAgents: (workflow, control) => told.push(`${workflow} ${JSON.stringify(control)}`),
    nowMs: () => clock.ms,
  });
  return { told, clock, cancellations };
}

test("a run that waits is taken out of the queue, and no agent hears of it", async () => {
  const { cancellations, told } = parts(["r-1"]);
  expect(await cancellations.cancel("hello", "r-1", "replaced")).toBe("withdrawn");
  cancellations.sayAgain();
  expect(told).toEqual([]);
});

test("the agents are told to end a run that is under way", async () => {
  const { cancellations, told } = parts([]);
  expect(await cancellations.cancel("hello", "r-1", "replaced")).toBe("cancelled");
  expect(told).toEqual(['hello {"kind":"cancel","run":"r-1","reason":"replaced"}']);
});

test("they are told again until the run of an agent that died would have been given to another, and not longer", async () => {
  const { cancellations, told, clock } = parts([]);
  await cancellations.cancel("hello", "r-1", "by hand");
  clock.ms = 14_999;
  cancellations.sayAgain("other");
  expect(told).toHaveLength(1);
  cancellations.sayAgain("hello");
  cancellations.sayAgain();
  expect(told).toHaveLength(3);
  clock.ms = 15_000;
  cancellations.sayAgain();
  expect(told).toHaveLength(3);
});
