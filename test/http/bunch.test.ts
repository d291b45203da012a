import { expect, test } from "vitest";
import { noFrames } from "../../controller/http/bunch.ts";

const frame = (text: string): Buffer => Buffer.from(text);
const textOf = (bunch: typeof noFrames): string => bunch.bytes().toString();

test("who is sent the same frames shares their bytes; who is sent others has his own", () => {
  const [one, two, three] = [frame("one"), frame("two"), frame("three")];
  const all = [1, 2, 3].map(() => noFrames.plus(one));
  const some = noFrames;
  const both = all.map((bunch) => bunch.plus(two));
  const [first, second, third] = both.map((bunch) => bunch.plus(three));
  expect(first?.bytes()).toBe(second?.bytes());
  expect(second?.bytes()).toBe(third?.bytes());
  expect(textOf(first ?? noFrames)).toBe("onetwothree");
  expect(first?.length).toBe(11);
  expect(textOf(some.plus(three))).toBe("three");
  expect(textOf((all[0] ?? noFrames).plus(three))).toBe("onethree");
  expect(textOf(noFrames)).toBe("");
});
