// What differs between two texts, line by line.
import { describe, expect, test } from "vitest";
import { lineDifference } from "../../model/line-difference.ts";

const marks = { same: " ", gone: "-", new: "+" } as const;

/** As `@line`, then each line behind its mark. */
function shown(before: string, after: string): string[] {
  return lineDifference(before, after).flatMap(({ at, lines }) =>
    [`@${at}`].concat(lines.map(({ kind, text }) => `${marks[kind]}${text}`)),
  );
}

/** What the difference says of the text before (without what is new) or after (without what is gone). */
function side(before: string, after: string, without: "gone" | "new"): string {
  const lines = lineDifference(before, after).flatMap((hunk) => hunk.lines);
  return lines.flatMap(({ kind, text }) => (kind === without ? [] : [text])).join("\n");
}

describe("line by line", () => {
  test.each([
    ["nothing", "a\nb\n", "a\nb\n", []],
    ["a line", "a\nb\nc\n", "a\nx\nc\n", ["@1", " a", "-b", "+x", " c"]],
    ["a text that was not there", "", "a\nb\n", ["@1", "+a", "+b"]],
    ["a text that goes", "a\nb\n", "", ["@1", "-a", "-b"]],
    ["a line at the end", "a\nb", "a\nb\nc", ["@1", " a", " b", "+c"]],
    [
      "only three lines around a change",
      "1\n2\n3\n4\n5\n6\n7\n8\n9",
      "1\n2\n3\n4\nx\n6\n7\n8\n9",
      ["@2", " 2", " 3", " 4", "-5", "+x", " 6", " 7", " 8"],
    ],
    ["the most that both have in common", "a\nb\nc\nd", "b\nx\nd", ["@1", "-a", " b", "-c", "+x", " d"]],
  ])("%s", (_, before, after, expected) => {
    expect(shown(before, after)).toEqual(expected);
  });

  test("changes far apart are two hunks, each with the line at which it begins", () => {
    const lines = Array.from({ length: 40 }, (_, n) => `line ${n + 1}`);
    const edited = lines.with(4, "five").with(29, "thirty");
    const hunks = lineDifference(lines.join("\n"), edited.join("\n"));
    expect(hunks.map(({ at, lines: shownLines }) => [at, shownLines.length])).toEqual([
      [2, 8],
      [27, 8],
    ]);
  });

  test("texts that share nothing over more lines than can be compared are one replaced whole", () => {
    const text = (word: string) => Array.from({ length: 5_000 }, (_, n) => `${word} ${n}`).join("\n");
    expect(side(text("a"), text("b"), "new")).toBe(text("a"));
    expect(side(text("a"), text("b"), "gone")).toBe(text("b"));
  });
});
