/** Each asked percent (0 to 100) with its value, interpolated between the two nearest numbers; null when there is none. */
export function percentilesOf(numbers: readonly number[], percents: readonly number[]): Record<string, number | null> {
  const sorted = Float64Array.from(numbers).toSorted();
  return Object.fromEntries(percents.map((percent) => [String(percent), valueAt(sorted, percent)]));
}

function valueAt(sorted: Float64Array, percent: number): number | null {
  const place = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) return null;
  const share = place - Math.floor(place);
  const value = below + (above - below) * share;
  // The difference of two numbers may be more than one can hold.
  return Number.isFinite(value) ? value : below * (1 - share) + above * share;
}
