// What a scrape says, and what documents say of it.

/** `labels` of all samples, without those that a histogram adds by itself. */
export type Scraped = { readonly type: string; readonly labels: ReadonlySet<string> };

const parts = /_(?:bucket|sum|count)$/;

export function scrapedOf(text: string): Map<string, Scraped> {
  const found = new Map<string, { type: string; labels: Set<string> }>();
  for (const line of text.split("\n")) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== undefined && type !== undefined) found.set(name, { type, labels: new Set() });
    const [, sample = "", labels = ""] = /^([a-z]\w*)(?:\{(.*)\})? \S+$/i.exec(line) ?? [];
    const family = found.get(sample) ?? found.get(sample.replace(parts, ""));
    for (const [, label = ""] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g))
      if (label !== "le") family?.labels.add(label);
  }
  return found;
}

/** The table of docs/metrics.md. */
export function documentedIn(text: string): Map<string, Scraped> {
  const rows = text.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) ?\| /gm);
  return new Map(
    Array.from(rows, ([, name = "", type = "", labels = ""]) => [
      name,
      { type, labels: new Set(Array.from(labels.matchAll(/`(\w+)`/g), ([, label = ""]) => label)) },
    ]),
  );
}

/** Names of metrics, and labels, in one expression of PromQL. */
export function namesIn(expression: string): { metrics: string[]; labels: string[] } {
  const bare = expression.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/\[[^\]]*\]/g, "");
  const grouped = Array.from(bare.matchAll(/\bby \(([^)]*)\)/g), ([, list = ""]) => list.split(","));
  const matched = Array.from(bare.matchAll(/(\w+)(?:=|!)~?""/g), ([, label = ""]) => label);
  const metrics = Array.from(bare.matchAll(/\b((?:drover|process|nodejs)_\w+)/g), ([, name = ""]) => name);
  return { metrics, labels: [...grouped.flat().map((label) => label.trim()), ...matched] };
}

export function familyOf(metric: string, families: ReadonlyMap<string, Scraped>): Scraped | null {
  const family = families.get(metric);
  if (family !== undefined) return family.type === "histogram" ? null : family;
  const histogram = families.get(metric.replace(parts, ""));
  return histogram?.type === "histogram" ? histogram : null;
}
