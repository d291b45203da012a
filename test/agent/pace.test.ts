import { expect, test } from "vitest";
import { createPace } from "../../agent/pace.ts";

function paceOf(durationsMs: readonly number[]) {
  const pace = createPace();
  for (const ms of durationsMs) pace.note(ms);
  return pace;
}

const times = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);

test.each([
  ["nothing is known yet", [], 0],
  ["too little is known yet", times(31, 1), 0],
  ["runs are short", times(32, 1), 64],
  ["most runs are short", [...times(15, 100), ...times(17, 1)], 64],
  ["half of the runs are short", [...times(16, 100), ...times(16, 1)], 0],
  ["runs are long", times(100, 6), 0],
  ["runs were long, but have become short", [...times(100, 100), ...times(32, 1)], 64],
])("when %s, %j → %i runs are fetched ahead", (_what, durationsMs, prefetch) => {
  expect(paceOf(durationsMs).prefetch).toBe(prefetch);
});

test("after a stall nothing is fetched ahead until short runs have ended again", () => {
  const pace = paceOf(times(64, 1));
  pace.stall();
  expect(pace.prefetch).toBe(0);
  for (const ms of times(32, 1)) pace.note(ms);
  expect(pace.prefetch).toBe(64);
});
