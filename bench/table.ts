// What a part of the benchmark found, as plain text that can be pasted into a page.

export type Section = {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences below the table. */
  readonly notes: readonly string[];
};

export function printSection(section: Section): void {
  const rows = [section.columns, ...section.rows];
  const widths = section.columns.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  console.log(`\n## ${section.title}\n`);
  console.log([line(section.columns), rule, ...section.rows.map(line)].join("\n"));
  for (const note of section.notes) console.log(`\n${note}`);
}

/** Three digits that matter: `0.234`, `12.3`, `1,234`. */
export function figure(value: number): string {
  const digits = Number.isInteger(value) || value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function ratio(value: number): string {
  return `${value.toFixed(2)}×`;
}

/** An aim and whether it is met: `≤ 1.2×: missed`. */
export function verdict(aim: string, met: boolean): string {
  return `${aim}: ${met ? "met" : "missed"}`;
}
