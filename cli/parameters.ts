// How the parameters of several commands are read.
import { InvalidArgumentError } from "commander";

const countMax = 10_000;

/** For a flag that may be repeated. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

export const count = countFrom(0, countMax);

export function countFrom(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
  };
}
