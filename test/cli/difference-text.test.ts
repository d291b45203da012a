// Differences as people read them.
import { expect, test } from "vitest";
import { differenceText } from "../../cli/difference-text.ts";
import type { Difference } from "../../model/difference.ts";

test.each<[string, Difference, string]>([
  ["a value", { path: "a.b", before: 1, after: "x" }, '  a.b: 1 → "x"\n'],
  ["one that comes", { path: "a", after: { b: [1] } }, '  a: (nothing) → {"b":[1]}\n'],
  ["one that goes", { path: "a", before: "x" }, '  a: "x" → (nothing)\n'],
  ["a text of several lines that goes", { path: "a", before: "x\ny\n" }, "  a:\n    @@ line 1\n    - x\n    - y\n"],
  ["a text that becomes longer", { path: "a", before: "x", after: "x\ny" }, "  a:\n    @@ line 1\n      x\n    + y\n"],
  ["a text in place of a number", { path: "a", before: 1, after: "x\ny" }, '  a: 1 → "x\\ny"\n'],
  ["how many more there are", { path: "(3 more)" }, "  (3 more)\n"],
  [
    "what a terminal would obey",
    { path: "a\x1b", before: "\x9b2J", after: "\x1b[2J\n\tx\r\n" },
    "  a\\x1b:\n    @@ line 1\n    - \\x9b2J\n    + \\x1b[2J\n    + \tx\\x0d\n    +\n",
  ],
])("%s", (_, difference, text) => {
  expect(differenceText([difference])).toBe(text);
});
