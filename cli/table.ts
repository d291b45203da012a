/** Rows in aligned columns under their headings, two spaces apart. Line breaks and control characters inside a cell are shown as spaces. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, ...rows].map((row) => row.map(cell));
  const widths = headings.map((_, column) => lines.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0));
  return lines
    .map((row) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

function cell(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ").trim() || "-";
}

const cellCharsMax = 80;

/** Text of any length, as much as a terminal has room for beside other columns. */
export function cutCell(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= cellCharsMax ? line : `${line.slice(0, cellCharsMax - 1)}…`.toWellFormed();
}
