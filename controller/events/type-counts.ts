// How many events of each type came by, told by their subjects: no event is decoded for it.
import { typeOf } from "../../bus/subjects.ts";

/** Types that are told apart; senders choose their words freely. */
const typesMax = 200;
const others = "other";

export type TypeCounts = {
  add(subject: string): void;
  /** By type; what came after the first `typesMax` types is under "other". */
  counts(): ReadonlyMap<string, number>;
};

export function createTypeCounts(): TypeCounts {
  /** By the words of the subject as they are: decoding them once for each type is enough. */
  const all = new Map<string, { readonly type: string; count: number }>();

  return {
    add(subject) {
      const words = subject.slice(subject.indexOf(".", "event.".length) + 1);
      const known = all.get(words) ?? (all.size < typesMax ? begin(words, typeOf(subject)) : begin(others, others));
      known.count += 1;
    },
    counts() {
      const counts = new Map<string, number>();
      for (const { type, count } of all.values()) counts.set(type, (counts.get(type) ?? 0) + count);
      return counts;
    },
  };

  function begin(words: string, type: string): { readonly type: string; count: number } {
    const found = all.get(words) ?? { type, count: 0 };
    all.set(words, found);
    return found;
  }
}
