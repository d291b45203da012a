import { expect, test } from "vitest";
import { jitterMs } from "../../model/jitter.ts";

test("the same slot of the same workflow is always put off by the same time", () => {
  expect(jitterMs("hello", 1_769_847_330_000, 10_000)).toBe(jitterMs("hello", 1_769_847_330_000, 10_000));
  expect(jitterMs("hello", 1_769_847_330_000, 10_000)).not.toBe(jitterMs("hallo", 1_769_847_330_000, 10_000));
  expect(jitterMs("hello", 1_769_847_330_000, 0)).toBe(0);
});

test("slots are spread evenly over the whole time", () => {
  const tenths = Array<number>(10).fill(0);
  for (let slot = 0; slot < 10_000; slot++) {
    const jitter = jitterMs(`workflow-${slot % 7}`, 1_769_847_330_000 + slot * 1_000, 999);
    tenths[Math.floor(jitter / 100)]! += 1;
  }
  expect(tenths).toHaveLength(10);
  for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});
