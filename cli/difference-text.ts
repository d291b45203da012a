// Differences for people: `path: before → after`, and texts of several lines as the lines that go and come.
import type { Difference } from "../model/difference.ts";
import { lineDifference } from "../model/line-difference.ts";

const marks = { same: "  ", gone: "- ", new: "+ " } as const;

export function differenceText(diff: readonly Difference[]): string {
  return diff.map(one).join("");
}

function one({ path, before, after }: Difference): string {
  if (before === undefined && after === undefined) return `  ${path}\n`;
  if (!hasLines(before) && !hasLines(after)) return `  ${visible(path)}: ${inLine(before)} → ${inLine(after)}\n`;
  if (!isTextOrNothing(before) || !isTextOrNothing(after))
    return `  ${visible(path)}: ${inLine(before)} → ${inLine(after)}\n`;
  const hunks = lineDifference(before ?? "", after ?? "").map(
    ({ at, lines }) =>
      `    @@ line ${at}\n${lines.map(({ kind, text }) => `    ${marks[kind]}${visible(text)}`.trimEnd()).join("\n")}\n`,
  );
  return `  ${visible(path)}:\n${hunks.join("")}`;
}

function hasLines(value: unknown): boolean {
  return typeof value === "string" && value.includes("\n");
}

function isTextOrNothing(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

function inLine(value: unknown): string {
  return value === undefined ? "(nothing)" : visible(JSON.stringify(value));
}

/** What a terminal would obey is shown instead. */
function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}--\t]/gv,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
