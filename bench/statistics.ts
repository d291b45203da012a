// Samples in, what is shown of them out. Medians, because the engine and the scheduler throw in outliers of their own.

export type Summary = {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly min: number;
  readonly max: number;
};

/** Throws when there is no sample: a measure that measured nothing is a bug of the benchmark. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    median: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    min: quantile(sorted, 0),
    max: quantile(sorted, 1),
  };
}

export function median(samples: readonly number[]): number {
  return summarize(samples).median;
}

/** The nearest rank; between the two middle samples for the median of an even count. */
function quantile(sorted: readonly number[], part: number): number {
  const rank = part * (sorted.length - 1);
  const below = sorted[Math.floor(rank)];
  const above = sorted[Math.ceil(rank)];
  if (below === undefined || above === undefined) throw new Error("no samples");
  return part === 0.5 ? (below + above) / 2 : above;
}
