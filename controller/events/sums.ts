// Partial results that add up, of any numbers.
//
//   S1. A sum that leaves what a number can hold, if only on its way, is not lost: beside it the same sum is kept of a 2^64th part of
//       each number. The average of numbers is always a number; their sum is one when it fits.

/** `low` and `high` are null without numbers. */
export type Sums = {
  events: number;
  numbers: number;
  sum: number;
  /** The sum of each number divided by `part`. */
  scaled: number;
  low: number | null;
  high: number | null;
};

/** More numbers than there can be events; dividing by a power of two changes no digit of a number. */
const part = 2 ** 64;

export function noSums(): Sums {
  return { events: 0, numbers: 0, sum: 0, scaled: 0, low: null, high: null };
}

export function addNumber(sums: Sums, number: number): void {
  sums.numbers += 1;
  sums.sum += number;
  sums.scaled += number / part;
  sums.low = sums.low === null ? number : Math.min(sums.low, number);
  sums.high = sums.high === null ? number : Math.max(sums.high, number);
}

/** What has no `scaled` has a sum that fits. */
export function addSums(sums: Sums, more: Readonly<Omit<Sums, "scaled"> & { scaled?: number }>): void {
  sums.events += more.events;
  sums.numbers += more.numbers;
  sums.sum += more.sum;
  sums.scaled += more.scaled ?? more.sum / part;
  if (more.low !== null) sums.low = sums.low === null ? more.low : Math.min(sums.low, more.low);
  if (more.high !== null) sums.high = sums.high === null ? more.high : Math.max(sums.high, more.high);
}

/** Null without numbers; infinite when it is more than a number can hold. */
export function sumOf({ numbers, sum, scaled }: Readonly<Sums>): number | null {
  if (numbers === 0) return null;
  return Number.isFinite(sum) ? sum : scaled * part;
}

export function averageOf({ numbers, sum, scaled, low, high }: Readonly<Sums>): number | null {
  if (low === null || high === null) return null;
  if (Number.isFinite(sum)) return sum / numbers;
  return Math.min(high, Math.max(low, (scaled / numbers) * part));
}
