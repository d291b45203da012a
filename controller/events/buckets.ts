// The intervals of time that figures are gathered in. They begin at multiples of their length since 1970, in UTC.
//
//   B1. There is one for every interval from the first instant that was asked for or reached to the last, also where nothing is.
//   B2. What is kept is bounded, however far apart events lie: with more than bucketsMax between the first and the last there is
//       no answer, and only from when to when they reach is told.
import type { Gathered } from "./gathered.ts";
import type { AggregateAnswer } from "./questions.ts";

const bucketsMax = 10_000;

export type Buckets = {
  /** What is gathered in the bucket of this instant. */
  readonly at: (ms: number) => Gathered;
  /** There is to be a bucket for each of these instants. */
  reach(instants: readonly number[]): void;
  /** Null: there are not. */
  tooMany(): Extract<AggregateAnswer, { kind: "too-many-buckets" }> | null;
  /** How many are kept one by one. */
  numbers(): number;
  /** Each with the instant at which it begins, oldest first. */
  all(): readonly (readonly [number, Gathered])[];
};

/** Null: one bucket for all of time. */
export function createBuckets(intervalMs: number | null, nothing: () => Gathered): Buckets {
  const kept = new Map<number, Gathered>();
  const lost = nothing();
  let [first, last] = [Infinity, -Infinity];

  return {
    at(ms) {
      const place = reached(ms);
      let one = kept.get(place);
      if (one) return one;
      if (kept.size >= bucketsMax) return lost;
      kept.set(place, (one = nothing()));
      return one;
    },
    reach(instants) {
      for (const ms of instants) reached(ms);
    },
    tooMany() {
      const buckets = last - first + 1;
      if (intervalMs === null || !(buckets > bucketsMax)) return null;
      return { kind: "too-many-buckets", buckets, bucketsMax, from: instant(first), to: instant(last + 1) };
    },
    numbers: () => [...kept.values(), lost].reduce((sum, { list }) => sum + (list?.length ?? 0), 0),
    all() {
      const all: (readonly [number, Gathered])[] = [];
      for (let place = first; place <= last; place += 1)
        all.push([place * (intervalMs ?? 0), kept.get(place) ?? nothing()]);
      return all;
    },
  };

  function reached(ms: number): number {
    const place = intervalMs === null ? 0 : Math.floor(ms / intervalMs);
    first = Math.min(first, place);
    last = Math.max(last, place);
    return place;
  }

  function instant(place: number): string {
    return new Date(place * (intervalMs ?? 0)).toISOString();
  }
}
