// What was computed from the events of a minute, for whoever asks the same again. Bounded, whatever is asked.
//
//   R1. It holds for as long as the minute has not got another event, or lost one.
import type { Gathered } from "./gathered.ts";
import type { Minute } from "./minutes.ts";

const queriesMax = 64;
/** Of all queries together: some 10 MB. */
const minutesMax = 50_000;

export type Remembered = {
  /** What is known for this query of this minute, whose events begin at the sequence `first`. */
  find(query: string, minute: Minute, first: number): Gathered | null;
  keep(query: string, minute: Minute, first: number, partial: Gathered): void;
};

type Known = { readonly total: number; readonly first: number; readonly partial: Gathered };

export function createRemembered(): Remembered {
  const queries = new Map<string, Map<number, Known>>();
  let minutes = 0;

  return {
    find(query, { minute, total }, first) {
      const known = queries.get(query)?.get(minute);
      return known && known.total === total && known.first === first ? known.partial : null;
    },
    keep(query, { minute, total }, first, partial) {
      const known = queries.get(query) ?? new Map<number, Known>();
      // The one that was asked last is kept longest.
      queries.delete(query);
      queries.set(query, known);
      if (!known.has(minute)) minutes += 1;
      known.set(minute, { total, first, partial });
      while (queries.size > queriesMax || minutes > minutesMax) forgetOldest();
    },
  };

  function forgetOldest(): void {
    const [oldest] = queries;
    if (oldest === undefined) return;
    minutes -= oldest[1].size;
    queries.delete(oldest[0]);
  }
}
