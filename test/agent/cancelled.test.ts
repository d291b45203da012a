import { expect, test } from "vitest";
import { createCancelled } from "../../agent/cancelled.ts";

test("what the controller asked to end is known when it comes, for as long as the controller would say it again", () => {
  let nowMs = 1_000;
  const cancelled = createCancelled(() => nowMs);
  cancelled.add("r-1", "not wanted");
  expect(cancelled.reasonOf("r-1", 500)).toBe("not wanted");
  expect(cancelled.reasonOf("r-2", 500)).toBeNull();
  nowMs = 15_999;
  expect(cancelled.reasonOf("r-1", 500)).toBe("not wanted");
  nowMs = 16_000;
  expect(cancelled.reasonOf("r-1", 500)).toBeNull();
});

test("a run that is given again after its end was asked for may begin", () => {
  const cancelled = createCancelled(() => 1_000);
  cancelled.add("r-1", "not wanted");
  expect(cancelled.reasonOf("r-1", 1_001)).toBeNull();
});

test("a flood of them is forgotten from its beginning", () => {
  const cancelled = createCancelled(() => 1_000);
  for (let n = 0; n <= 1_000; n += 1) cancelled.add(`r-${n}`, "not wanted");
  expect(cancelled.reasonOf("r-0", 0)).toBeNull();
  expect(cancelled.reasonOf("r-1", 0)).toBe("not wanted");
  expect(cancelled.reasonOf("r-1000", 0)).toBe("not wanted");
});
