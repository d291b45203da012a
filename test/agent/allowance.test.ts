import { expect, test } from "vitest";
import { createAllowance } from "../../agent/allowance.ts";
import { jumpingClock } from "./jumping-clock.ts";

const mebibyte = 1024 * 1024;

test("a burst of 5,000 lines passes, then 1,000 in every second", () => {
  const clock = jumpingClock();
  const allowance = createAllowance(() => clock.now());
  const passing = (): number => Array.from({ length: 10_000 }, () => allowance.take(10)).filter(Boolean).length;
  expect(passing()).toBe(5_000);
  clock.jump(1_000);
  expect(passing()).toBe(1_000);
  clock.jump(60_000);
  expect(passing()).toBe(5_000);
});

test("a mebibyte passes in a second, in however few lines", () => {
  const clock = jumpingClock();
  const allowance = createAllowance(() => clock.now());
  expect(allowance.take(mebibyte)).toBe(true);
  expect(allowance.take(1)).toBe(false);
  clock.jump(1_000);
  expect(allowance.take(mebibyte / 2)).toBe(true);
  expect(allowance.take(mebibyte / 2)).toBe(true);
  expect(allowance.take(1)).toBe(false);
});

test("after too much nothing passes for a second, so that what passes then is in one piece", () => {
  const clock = jumpingClock();
  const allowance = createAllowance(() => clock.now());
  allowance.take(mebibyte);
  expect(allowance.take(1)).toBe(false);
  clock.jump(999);
  expect(allowance.take(1)).toBe(false);
  clock.jump(1);
  expect(allowance.take(1)).toBe(true);
});
