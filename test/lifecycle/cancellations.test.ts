// Runs that are to end before their time, with a real queue, history and stream; what agents are told is written down.
import { expect, test } from "vitest";
import { createCancellations } from "../../controller/lifecycle/cancellations.ts";
import { eventually } from "../api.ts";
import { type Controller, type Installation, startInstallation, told } from "../runs/installation.ts";
import { outcomeOf, queuedRun } from "../runs/reports.ts";

const run = queuedRun("hello", "e1");
const once = { checked: false };
const cancel = `hello {"kind":"cancel","run":"${run.id}","reason":"by hand"}`;

function cancellationsOf(controller: Pick<Controller, "queue" | "history" | "append">) {
  const said: string[] = [];
  const clock = { ms: 0 };
  const tellAgents = (workflow: string, control: object): void =>
    void said.push(`${workflow} ${JSON.stringify(control)}`);
  return { said, clock, ...createCancellations({ ...controller, tellAgents, nowMs: () => clock.ms }) };
}

/** The run is under way at an agent. */
async function underWay(all: Installation, { queue }: Controller) {
  await queue.enqueue(run, once);
  await queue.prepare("hello", { underWayMax: 10 });
  const [message] = await all.take("hello", 1);
  await all.say(told(run, "started"));
  return message;
}

const stoppingOf = async ({ history }: Controller) => (await history.run(run.id, await history.streamEnd()))?.stopping;

test("a run that waits is taken out of the queue, and no agent hears of it", async () => {
  await using all = await startInstallation();
  const controller = await all.controller();
  await controller.queue.enqueue(run, once);
  const one = cancellationsOf(controller);
  expect(await one.cancel("hello", run.id, "by hand")).toBe("withdrawn");
  one.sayAgain();
  expect(one.said).toEqual([]);
});

test("that a run under way is to end is stored, and told to its agents until it has ended", async () => {
  await using all = await startInstallation();
  const controller = await all.controller();
  await underWay(all, controller);
  const one = cancellationsOf(controller);
  expect(await one.cancel("hello", run.id, "by hand")).toBe("cancelled");
  expect(one.said).toEqual([cancel]);
  expect(await stoppingOf(controller)).toBe("by hand");
  one.clock.ms = 3_600_000;
  one.sayAgain("other");
  expect(one.said).toHaveLength(1);
  one.sayAgain("hello");
  expect(one.said).toEqual([cancel, cancel]);
  await all.say(told(run, "stopped", { outcome: outcomeOf("stopped") }));
  expect(await stoppingOf(controller)).toBeNull();
  await eventually(
    () => {
      one.clock.ms += 2_000;
      const before = one.said.length;
      one.sayAgain();
      return Promise.resolve(one.said.length - before);
    },
    (again) => again === 0,
  );
});

test("a controller that was not there when it was asked for says it, too", async () => {
  await using all = await startInstallation();
  const controller = await all.controller();
  await underWay(all, controller);
  await cancellationsOf(controller).cancel("hello", run.id, "by hand");
  const later = cancellationsOf(await all.controller());
  await eventually(
    () => {
      later.clock.ms += 2_000;
      later.sayAgain();
      return Promise.resolve(later.said);
    },
    (said) => said.includes(cancel),
  );
});

test("a run that is given again after it was asked to end is not to end", async () => {
  await using all = await startInstallation();
  const controller = await all.controller();
  const message = await underWay(all, controller);
  await cancellationsOf(controller).cancel("hello", run.id, "by hand");
  await all.say(told(run, "dead", { outcome: outcomeOf("dead") }));
  await message?.ackAck();
  expect(await controller.queue.enqueue({ ...run, attemptsBefore: 1 }, once)).toBe("queued");
  expect(await stoppingOf(controller)).toBeNull();
});

test("while the history is behind a run is ended all the same, and one that nobody knows is not", async () => {
  await using all = await startInstallation();
  const { queue, history, append } = await all.controller();
  const behind = { ...history, streamEnd: () => Promise.reject(new Error("behind")) };
  const withdraw = () => Promise.reject(new Error("behind"));
  const one = cancellationsOf({ queue: { ...queue, withdraw }, history: behind, append });
  expect(await one.cancel("hello", run.id, "by hand")).toBe("cancelled");
  expect(one.said).toEqual([cancel]);
  await expect(cancellationsOf({ queue, history, append }).cancel("hello", "r-none", "by hand")).rejects.toThrow(
    /not queued yet/,
  );
});
