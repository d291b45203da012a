import { expect, test } from "vitest";
import { nearest } from "../../model/nearest.ts";
import { shown } from "../../model/shown.ts";

test.for<[word: string, found: string | null]>([
  ["schedul", "schedule"],
  ["shcedule", "schedule"],
  ["Breed", "breed"],
  ["xyz", null],
  ["", null],
  ["schedule".repeat(100), null],
])("the word nearest to %.20s is %s", ([word, found]) => {
  expect(nearest(word, ["breed", "schedule"])).toBe(found);
});

test.for<[raw: unknown, text: string]>([
  [undefined, "nothing"],
  [null, "null"],
  ["a\nb", '"a\\nb"'],
  [Number.NaN, "NaN"],
  [[1, 2], "a list of 2"],
  [{ a: 1, b: 2, c: 3, d: 4, e: 5 }, "an object with a, b, c, d, …"],
])("%o is shown as %s", ([raw, text]) => {
  expect(shown(raw)).toBe(text);
});

test("whatever comes is shown in at most 80 characters", () => {
  const long = "\u0001😀".repeat(1_000);
  for (const raw of [long, [long], { [long]: long, [`a${long}`]: 1, [`b${long}`]: 1, [`c${long}`]: 1 }]) {
    expect(shown(raw).length).toBeLessThanOrEqual(80);
    expect(shown(raw).isWellFormed()).toBe(true);
  }
});
