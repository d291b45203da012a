// How the parameters of several commands are read.
import { InvalidArgumentError } from "commander";

const countMax = 10_000;

/** For a flag that may be repeated. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

export function count(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= countMax) return number;
  throw new InvalidArgumentError(`expected a whole number from 0 to ${countMax}.`);
}
