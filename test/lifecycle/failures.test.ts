import { expect, test } from "vitest";
import { createFailures } from "../../controller/lifecycle/failures.ts";

const crash = { reason: "exited with code 1", livedMs: 100 };

test("the first replacement starts at once, each further one three seconds later, a minute at most", () => {
  const failures = createFailures();
  const delaysMs = Array.from({ length: 25 }, () => failures.add("hello", "d1", { ...crash, nowMs: 0 }).notBeforeMs);
  expect(delaysMs.slice(0, 4)).toEqual([0, 3_000, 6_000, 9_000]);
  expect(Math.max(...delaysMs)).toBe(60_000);
});

test("an instance that lived for a minute clears the account", () => {
  const failures = createFailures();
  for (let i = 0; i < 5; i++) failures.add("hello", "d1", { ...crash, nowMs: 0 });
  expect(failures.add("hello", "d1", { ...crash, livedMs: 60_000, nowMs: 0 })).toMatchObject({
    count: 1,
    notBeforeMs: 0,
  });
});

test("a new deployment begins with a clear account", () => {
  const failures = createFailures();
  failures.add("hello", "d1", { ...crash, nowMs: 0 });
  expect(failures.of("hello", "d2")).toEqual({ count: 0, notBeforeMs: 0, lastError: null });
  expect(failures.of("hello", "d1")).toMatchObject({ count: 1, lastError: "exited with code 1" });
});
