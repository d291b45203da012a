// A million events of one day, as a fleet of devices would send them: four tags each out of 3, 20, 10 and 1,000, the low ones far
// more common than the high ones. The same ones for every run but for their time.
import type { Event } from "../../model/event.ts";

const dayMs = 86_400_000;
/** Two in a row from the same seed are two different events. */
const multiplier = 1_664_525;
const increment = 1_013_904_223;
const modulus = 2 ** 32;

export type Family = keyof typeof families;
const families = { env: 3, kind: 20, site: 10, dev: 1_000 } as const;

/** A tag without a colon is stored as it is; with one it would be two. */
export const tagOf = (family: Family, number: number): string => `${family}-${number}`;

export type Chance = {
  /** From 0 up to and without `below`, all alike. */
  even(below: number): number;
  /** From 0 up to and without `below`; of 1,000 numbers the lowest ten are ten per cent. */
  skewed(below: number): number;
};

export function chance(seed: number): Chance {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, multiplier) + increment) >>> 0;
    return state / modulus;
  };
  return {
    even: (below) => Math.floor(below * next()),
    skewed: (below) => Math.floor(below * next() ** 2),
  };
}

/** Makes event after event; the last of `count` is as old as `endMs`. */
export function dataset({ count, endMs }: { count: number; endMs: number }): { next(): Event } {
  const random = chance(42);
  let place = 0;
  return {
    next() {
      place += 1;
      const timestamp = new Date(endMs - Math.floor(((count - place) * dayMs) / count)).toISOString();
      const tags = Object.entries(families).map(([family, size]) => tagOf(family as Family, random.skewed(size)));
      const id = `${place.toString(16).padStart(8, "0")}-0000-4000-8000-${random
        .even(2 ** 32)
        .toString(16)
        .padStart(12, "0")}`;
      const value = random.even(10_000) / 100;
      return { id, source: "/api", type: "reading", tags, value, timestamp };
    },
  };
}
