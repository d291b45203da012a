// The values that one field of a cron expression allows, with the questions of a search answered without a walk.

export type CronField = {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  has(value: number): boolean;
  /** The first allowed value that is not below `value`, or null. */
  from(value: number): number | null;
  /** The last allowed value that is not above `value`, or null. */
  until(value: number): number | null;
  /** How many allowed values are below `value`. */
  below(value: number): number;
};

/** `values`: at least one, each from 0 to `size` - 1. */
export function cronField(values: readonly number[], size: number): CronField {
  const sorted = Uint8Array.from(new Set(values)).toSorted();
  /** For each value how many allowed ones are below it; their order makes this the index of the next one, too. */
  const ranks = new Uint8Array(size + 1);
  for (const value of sorted) ranks[value + 1] = 1;
  for (let value = 1; value <= size; value++) ranks[value] = rank(value) + rank(value - 1);

  return {
    first: at(0),
    last: at(sorted.length - 1),
    count: sorted.length,
    has: (value) => rank(value + 1) > rank(value),
    from: (value) => sorted[rank(value)] ?? null,
    until: (value) => sorted[rank(value + 1) - 1] ?? null,
    below: rank,
  };

  function rank(value: number): number {
    return ranks[Math.min(value, size)] ?? 0;
  }

  function at(index: number): number {
    const value = sorted[index];
    if (value === undefined) throw new Error("a field of a cron expression allows no value");
    return value;
  }
}
