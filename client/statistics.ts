// Descriptive statistics over a list of numbers. Of an empty list everything is 0, as the published client answered.

export type Spread = {
  readonly avg: number;
  readonly min: number;
  readonly max: number;
  readonly stdDeviation: number;
};

/** The deviation is that of the whole population, not of a sample. */
export function spread(numbers: readonly number[]): Spread {
  if (numbers.length === 0) return { avg: 0, min: 0, max: 0, stdDeviation: 0 };
  let [sum, min, max] = [0, Infinity, -Infinity];
  for (const number of numbers) {
    sum += number;
    min = Math.min(min, number);
    max = Math.max(max, number);
  }
  const avg = sum / numbers.length;
  let squares = 0;
  for (const number of numbers) squares += (number - avg) ** 2;
  return { avg, min, max, stdDeviation: Math.sqrt(squares / numbers.length) };
}

/** Each asked percent (0–100) with its value, interpolated between the two nearest numbers. */
export function percentiles(
  numbers: readonly number[],
  percents: readonly number[],
): [percent: number, value: number][] {
  const sorted = numbers.toSorted((a, b) => a - b);
  return percents.map((percent) => {
    const place = (Math.min(100, Math.max(0, percent)) / 100) * (sorted.length - 1);
    const [below = 0, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return [percent, below + (above - below) * (place - Math.floor(place))];
  });
}
