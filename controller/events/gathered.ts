// What has been gathered from the events of one bucket, and what an aggregator makes of it.
import { percentilesOf } from "./percentiles.ts";
import type { AggregateValue, Aggregator, NumberRange } from "./questions.ts";
import { type Sums, addNumber, addSums, averageOf, noSums, sumOf } from "./sums.ts";

/** `other`: something at the field that is no number. `list`: the numbers, where they are needed one by one. */
export type Gathered = Sums & { other: string | null; hasNumbersOutside: boolean; readonly list: number[] | null };

export function keepsEach({ type }: Aggregator): boolean {
  return type === "percentiles" || type === "stats";
}

export function countsEvents({ type, field, range }: Aggregator): boolean {
  return type === "count" && field === null && range === null;
}

export function nothingYet(aggregator: Aggregator): Gathered {
  return { ...noSums(), other: null, hasNumbersOutside: false, list: keepsEach(aggregator) ? [] : null };
}

export function addGathered(into: Gathered, more: Gathered): void {
  addSums(into, more);
  into.other ??= more.other;
  into.hasNumbersOutside ||= more.hasNumbersOutside;
}

/** What is there in place of numbers; null when there are numbers, or nothing at all. */
export function otherThanNumbers(all: readonly Gathered[]): string | null {
  if (all.some(({ numbers, hasNumbersOutside }) => numbers > 0 || hasNumbersOutside)) return null;
  return all.find(({ other }) => other !== null)?.other ?? null;
}

/** Takes the value of an event in. True: it had a number that counts. */
export function gather(into: Gathered, value: unknown, { field, range }: Aggregator): boolean {
  into.events += 1;
  const found = at(value, field);
  if (typeof found !== "number") {
    if (found !== undefined) into.other ??= kindOf(found);
    return false;
  }
  if (range !== null && !isWithin(found, range)) {
    into.hasNumbersOutside = true;
    return false;
  }
  addNumber(into, found);
  into.list?.push(found);
  return true;
}

/** Whether their sum is more than a number can hold. */
export function overflows(gathered: Gathered): boolean {
  return Math.abs(sumOf(gathered) ?? 0) === Infinity;
}

export function valueOf(aggregator: Aggregator, gathered: Gathered): AggregateValue {
  const { events, numbers, low, high } = gathered;
  const list = gathered.list ?? [];
  const average = averageOf(gathered);
  const sum = overflows(gathered) ? null : sumOf(gathered);
  switch (aggregator.type) {
    case "count":
      return countsEvents(aggregator) ? events : numbers;
    case "sum":
      return sum;
    case "average":
      return average;
    case "min":
      return low;
    case "max":
      return high;
    case "percentiles":
      return percentilesOf(list, aggregator.percents);
    case "stats":
      return { min: low, max: high, average, sum, deviation: deviationOf(list, average) };
  }
}

/** Of the whole population, not of a sample. */
function deviationOf(numbers: readonly number[], average: number | null): number | null {
  if (average === null) return null;
  const squares = numbers.reduce((sum, number) => sum + (number - average) ** 2, 0);
  if (Number.isFinite(squares)) return Math.sqrt(squares / numbers.length);
  // Halves, so that a difference fits, and of these what part they are of the largest, so that a square does.
  const halves = numbers.map((number) => Math.abs(number / 2 - average / 2));
  const most = halves.reduce((a, b) => Math.max(a, b), 0);
  const parts = halves.reduce((sum, half) => sum + (half / most) ** 2, 0);
  return Math.sqrt(parts / numbers.length) * most * 2;
}

function isWithin(
  number: number,
  { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity }: NumberRange,
): boolean {
  return number > gt && number >= gte && number < lt && number <= lte;
}

/** What is at a dotted path; undefined when there is nothing. */
function at(value: unknown, field: string | null): unknown {
  let found = value;
  for (const key of field === null ? [] : field.split(".")) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

function kindOf(found: unknown): string {
  if (found === null) return "null";
  return Array.isArray(found) ? "a list" : typeof found === "string" ? "a text" : `a ${typeof found}`;
}
