import { expect, test } from "vitest";
import { createMemoryKills } from "../../agent/out-of-memory.ts";

test("each process that the kernel killed is found once, and only by those that were there", () => {
  let counted = 2;
  const kills = createMemoryKills(() => counted);
  const before = kills.count();
  expect(kills.claim(before)).toBe(false);
  counted = 4;
  expect(kills.claim(4)).toBe(false);
  expect([kills.claim(before), kills.claim(before), kills.claim(before)]).toEqual([true, true, false]);
  counted = 5;
  expect([kills.claim(4), kills.claim(before)]).toEqual([true, false]);
});
