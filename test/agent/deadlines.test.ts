import { expect, test } from "vitest";
import type { Clock } from "../../agent/clock.ts";
import { createDeadlines } from "../../agent/deadlines.ts";

/** A clock whose waits end when the test lets time pass. */
function heldClock() {
  let nowMs = 0;
  const waits = new Set<{ readonly atMs: number; readonly end: () => void }>();
  const clock: Pick<Clock, "wait"> = {
    wait: (ms, signal) =>
      new Promise((resolve) => {
        const wait = { atMs: nowMs + ms, end: () => resolve("elapsed") };
        waits.add(wait);
        signal.addEventListener("abort", () => waits.delete(wait));
      }),
  };
  return {
    clock,
    now: () => nowMs,
    get waiting() {
      return waits.size;
    },
    async pass(ms: number) {
      nowMs += ms;
      for (const wait of waits) {
        if (wait.atMs > nowMs) continue;
        waits.delete(wait);
        wait.end();
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test("each deadline passes once, when its time has come, in whatever order they were set", async () => {
  const held = heldClock();
  const passed: string[] = [];
  const deadlines = createDeadlines(held.clock, held.now);
  deadlines.add(30, () => passed.push("c"));
  deadlines.add(10, () => passed.push("a"));
  deadlines.add(20, () => passed.push("b"));
  await held.pass(10);
  expect(passed).toEqual(["a"]);
  await held.pass(10);
  expect(passed).toEqual(["a", "b"]);
  await held.pass(100);
  expect(passed).toEqual(["a", "b", "c"]);
});

test("a deadline that was met never passes, and many of them share one timer", async () => {
  const held = heldClock();
  const passed: number[] = [];
  const deadlines = createDeadlines(held.clock, held.now);
  for (let run = 0; run < 1_000; run += 1) deadlines.add(50, () => passed.push(run))();
  deadlines.add(50, () => passed.push(1_000));
  expect(held.waiting).toBe(1);
  await held.pass(50);
  expect(passed).toEqual([1_000]);
});

test("a deadline set by one that passes is kept as well", async () => {
  const held = heldClock();
  const passed: string[] = [];
  const deadlines = createDeadlines(held.clock, held.now);
  deadlines.add(10, () => {
    passed.push("first");
    deadlines.add(5, () => passed.push("second"));
  });
  await held.pass(10);
  await held.pass(5);
  expect(passed).toEqual(["first", "second"]);
});

test("closed deadlines pass no more", async () => {
  const held = heldClock();
  const passed: string[] = [];
  const deadlines = createDeadlines(held.clock, held.now);
  deadlines.add(10, () => passed.push("late"));
  deadlines.close();
  await held.pass(10);
  expect(passed).toEqual([]);
  expect(held.waiting).toBe(0);
});
