import { expect, test } from "vitest";
import { createLastWords, headline } from "../../agent/last-words.ts";

test("the last 8 KiB are kept, from the beginning of a line", () => {
  const words = createLastWords();
  for (let line = 0; line < 2_000; line += 1) words.write(Buffer.from(`line ${line}\n`));
  const text = words.text();
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(8 * 1024);
  expect(text).toMatch(/^line \d+\n/);
  expect(text).toMatch(/\nline 1999$/);
});

test("one line that is longer than that keeps its end", () => {
  const words = createLastWords();
  words.write(Buffer.from(`${"x".repeat(10_000)}end\n`));
  expect(words.text()).toMatch(/^x+end$/);
});

test("words that were cleared are somebody else's", () => {
  const words = createLastWords();
  words.write(Buffer.from("x".repeat(10_000)));
  words.clear();
  words.write(Buffer.from("mine\nalone\n"));
  expect(words.text()).toBe("mine\nalone");
});

test.each([
  {
    what: "of an uncaught error, its message",
    text: "/workflow/a.js:3\n  foo();\n  ^\n\nTypeError: foo is not a function\n    at x (/workflow/a.js:3:3)\n\nNode.js v24.21.0",
    line: "TypeError: foo is not a function",
  },
  {
    what: "of a system error with a code, its message and not its fields",
    text: "Error [ERR_X]: no such thing\n    at y\n  code: 'ERR_X'\n}\n\nNode.js v24.21.0",
    line: "Error [ERR_X]: no such thing",
  },
  { what: "else the last line that says something", text: "starting\nout of luck\n", line: "out of luck" },
  { what: "nothing of nothing", text: "", line: "" },
])("the headline is, $what", ({ text, line }) => {
  expect(headline(text)).toBe(line);
});
