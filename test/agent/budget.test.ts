import { expect, test } from "vitest";
import { createBudget } from "../../agent/budget.ts";

const longMs = 60_000;

test("what fits is admitted at once; the rest in order, as shares come back", async () => {
  const budget = createBudget({ countMax: 2, bytesMax: 100 });
  const first = await budget.acquire(60, longMs);
  const order: string[] = [];
  const large = budget.acquire(50, longMs).then((release) => {
    order.push("large");
    return release;
  });
  const small = budget.acquire(1, longMs).then((release) => {
    order.push("small");
    return release;
  });
  expect(order).toEqual([]);
  first?.();
  // Giving a share back twice must not make room twice.
  first?.();
  await large;
  await small;
  expect(order).toEqual(["large", "small"]);
});

test("who waits too long is turned away, and the next one is not held up by it", async () => {
  const budget = createBudget({ countMax: 1, bytesMax: 100 });
  const held = await budget.acquire(1, longMs);
  expect(await budget.acquire(1, 1)).toBeNull();
  const next = budget.acquire(1, longMs);
  held?.();
  expect(await next).not.toBeNull();
});

test("a share larger than everything is admitted when nothing else is held", async () => {
  const budget = createBudget({ countMax: 5, bytesMax: 100 });
  expect(await budget.acquire(1_000, longMs)).not.toBeNull();
});
