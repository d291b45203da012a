// A family of samples under one name, as Prometheus knows it, and how the number of its samples is kept within bounds. Pure.

export type Labels = Readonly<Record<string, string>>;
/** `suffix`: of a histogram's samples, `_bucket`, `_sum` or `_count`. */
export type Sample = { readonly labels: Labels; readonly value: number; readonly suffix?: string };

export type Family = {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: readonly Sample[];
};

/** The label of all that is not told by its own name; no workflow can have it. */
export const rest = "(other)";

export function gauge(name: string, help: string, samples: number | readonly Sample[]): Family {
  return { name, help, type: "gauge", samples: typeof samples === "number" ? [plain(samples)] : samples };
}

export function counter(name: string, help: string, samples: number | readonly Sample[]): Family {
  return { name, help, type: "counter", samples: typeof samples === "number" ? [plain(samples)] : samples };
}

/** One sample for each entry of a map. */
export function samplesBy(label: string, values: Iterable<readonly [string, number]>): Sample[] {
  return Array.from(values, ([name, value]) => ({ labels: { [label]: name }, value }));
}

/**
 * The items with the greatest weights by their names, at most `namedMax` of them, and one of all others merged. For what goes up
 * and down: a counter that moved between its own name and the others would seem to jump.
 */
export function withinBound<T>(
  items: readonly (readonly [name: string, item: T])[],
  namedMax: number,
  { weight, merge }: { weight: (item: T) => number; merge: (a: T, b: T) => T },
): (readonly [name: string, item: T])[] {
  if (items.length <= namedMax) return [...items];
  const ordered = items.toSorted(([, a], [, b]) => weight(b) - weight(a));
  const others = ordered.slice(namedMax).map(([, item]) => item);
  return [...ordered.slice(0, namedMax), [rest, others.reduce(merge)]];
}

function plain(value: number): Sample {
  return { labels: {}, value };
}
