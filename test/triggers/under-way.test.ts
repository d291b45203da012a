// Whether the run before is under way, with a real queue and a history that may be behind.
import { expect, test } from "vitest";
import { asItIs } from "../../controller/events/questions.ts";
import type { RunHistory, RunRecord } from "../../controller/runs/history.ts";
import { runIdOf } from "../../controller/runs/run-id.ts";
import { createWaitingRuns } from "../../controller/runs/waiting-runs.ts";
import { type UnderWay, createUnderWay } from "../../controller/triggers/under-way.ts";
import type { RunState } from "../../model/run.ts";
import { queuedRun } from "../runs/reports.ts";
import { type TestBus, historyOf, queueOf, startBus } from "./bus.ts";
import { reportOf } from "./entries.ts";

const due = "2026-01-01T12:00:00.000Z";

/** Knows what it is told to know, and never more. */
function behind(
  known: readonly { run: string; state: RunState }[],
  refuses = false,
): Pick<RunHistory, "runsById" | "knownEvents" | "streamEnd"> {
  const records = known.map(({ run, state }) => reportOf({ id: run, workflow: "w", state, cause: "e" }));
  return {
    runsById: (_, passed) =>
      passed === asItIs
        ? Promise.resolve(records as unknown as RunRecord[])
        : refuses
          ? Promise.reject(new Error("the index is behind"))
          : new Promise(() => {}),
    knownEvents: () => Promise.resolve(new Set()),
    streamEnd: () => Promise.resolve(100),
  };
}

async function ask(
  bus: TestBus,
  { queued, history, handled = 100 }: { queued: boolean; history: ReturnType<typeof behind>; handled?: number },
): Promise<{
  readonly answer: Promise<boolean>;
  readonly run: string;
  readonly underWay: UnderWay;
  handle(through: number): void;
}> {
  const run = queuedRun("w", `e${Math.random()}`);
  if (queued) await queueOf(bus.nc).enqueue(run, { checked: false });
  let through = handled;
  const underWay = createUnderWay({
    history,
    waiting: createWaitingRuns(bus.nc),
    handledThrough: () => Promise.resolve(through),
  });
  return {
    answer: underWay("w", { run: run.id, due }),
    run: run.id,
    underWay,
    handle: (next) => void (through = next),
  };
}

test.each([false, true])(
  "while the history is behind (it refuses: %s) a run in the queue is under way, and one that left it is not",
  async (refuses) => {
    await using bus = await startBus();
    expect(await (await ask(bus, { queued: true, history: behind([], refuses) })).answer).toBe(true);
    expect(await (await ask(bus, { queued: false, history: behind([], refuses) })).answer).toBe(false);
  },
);

test("a message that came back of a run that is over, as even a history that is behind knows, is no run under way", async () => {
  await using bus = await startBus();
  const run = queuedRun("w", "e");
  await queueOf(bus.nc).enqueue(run, { checked: false });
  const history = behind([{ run: runIdOf("w", "e"), state: "completed" }]);
  const underWay = createUnderWay({
    history,
    waiting: createWaitingRuns(bus.nc),
    handledThrough: () => Promise.resolve(100),
  });
  expect(await underWay("w", { run: run.id, due })).toBe(false);
});

test("a run that is not in the queue yet, as the event of its slot is still to be read, is waited for", async () => {
  await using bus = await startBus();
  const asked = await ask(bus, { queued: false, history: behind([]), handled: 99 });
  let answer: boolean | null = null;
  void asked.answer.then((one) => (answer = one));
  const run = { ...queuedRun("w", "late"), id: asked.run };
  expect(answer).toBeNull();
  await queueOf(bus.nc).enqueue(run, { checked: false });
  expect(await asked.answer).toBe(true);
});

test("a run that was set off and ended unseen is known as over when the events up to it have been read", async () => {
  await using bus = await startBus();
  const asked = await ask(bus, { queued: false, history: behind([]), handled: 99 });
  asked.handle(100);
  expect(await asked.answer).toBe(false);
});

test("a history that is not behind is believed", async () => {
  await using bus = await startBus();
  const waiting = createWaitingRuns(bus.nc);
  const underWay = createUnderWay({
    history: historyOf(bus.nc),
    waiting,
    handledThrough: () => Promise.reject(new Error("not asked")),
  });
  expect(await underWay("w", { run: "r-unknown", due })).toBe(false);
});
