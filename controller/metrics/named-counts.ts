// Counts by name, for counters: the first `namedMax` names have counts of their own, all later ones share one, for good. So no
// count ever goes down, and no flood of names makes the controller grow.
import { rest } from "./family.ts";

export type NamedCounts<Kind extends string> = {
  add(name: string, kind: Kind, count?: number): void;
  of(kind: Kind): (readonly [name: string, count: number])[];
};

export function createNamedCounts<Kind extends string>(namedMax: number): NamedCounts<Kind> {
  const all = new Map<string, Map<Kind, number>>();

  return {
    add(name, kind, count = 1) {
      const counts = all.get(name) ?? begin(name);
      counts.set(kind, (counts.get(kind) ?? 0) + count);
    },
    of: (kind) =>
      [...all].flatMap(([name, counts]) => {
        const count = counts.get(kind);
        return count === undefined ? [] : [[name, count] as const];
      }),
  };

  function begin(name: string): Map<Kind, number> {
    const own = all.size < namedMax ? name : rest;
    const counts = all.get(own) ?? new Map<Kind, number>();
    all.set(own, counts);
    return counts;
  }
}
