import { expect, test } from "vitest";
import { createStartSlots } from "../../controller/runtime/start-slots.ts";

test("no more than the given number is under way, and who came first goes first", async () => {
  const slots = createStartSlots(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = [0, 1, 2, 3].map((n) =>
    slots.run(() => {
      begun.push(n);
      return new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  ends[0]?.();
  await all[0];
  expect(begun).toEqual([0, 1, 2]);
  ends[1]?.();
  await all[1];
  ends[2]?.();
  ends[3]?.();
  await Promise.all(all);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test("a start that fails gives its slot back", async () => {
  const slots = createStartSlots(1);
  await expect(slots.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await slots.run(() => Promise.resolve("yes"))).toBe("yes");
});
