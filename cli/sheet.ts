// What `describe` shows: fields under each other, then sections with a heading.
import { yaml } from "./format.ts";

export function fields(values: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(values).map((key) => key.length)) + 1;
  return Object.entries(values)
    .map(([key, value]) => `${`${key}:`.padEnd(width)}  ${value}\n`)
    .join("");
}

export function entries(values: Readonly<Record<string, unknown>>): string {
  return Object.keys(values).length === 0 ? "" : yaml(values);
}

/** A heading with its text indented below it; nothing at all when there is no text. */
export function section(heading: string, text: string): string {
  if (text.trim() === "") return "";
  const lines = text.trimEnd().split("\n");
  return `\n${heading}\n${lines.map((line) => `  ${line}`.trimEnd()).join("\n")}\n`;
}
