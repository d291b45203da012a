// The stretches of the stream that can hold events of some time, so that what lies between them need not be read. Pure.
//
//   S1. Nothing of that time lies outside of them: an event that came late, or from a clock that is ahead, has a stretch of its own.
//   S2. There are few: what lies close together is one stretch.
import type { SequenceRange } from "./term-index.ts";

/** Reading so many events over is cheaper than starting to read anew. */
const gapMin = 2_000;
export const stretchesMax = 100;

export type Stretches = {
  /** The first sequence from that one on that is worth reading. */
  from(sequence: number): number;
};

export const everything: Stretches = { from: (sequence) => sequence };

/** What the index knows: where events of a time lie, of all up to and with `through`. */
export type KnownStretches = { readonly ranges: readonly SequenceRange[]; readonly through: number };

/** What lies behind `through` is worth reading: nobody knows of what time it is. */
export function stretchesOf({ ranges, through }: KnownStretches): Stretches {
  return {
    from(sequence) {
      if (sequence > through) return sequence;
      const next = ranges.find(({ to }) => to >= sequence);
      return next === undefined ? through + 1 : Math.max(next.from, sequence);
    },
  };
}

/** Ranges in order of their beginning, overlapping ones and those with small gaps as one; what is too many is one to the end. */
export function joined(ranges: Iterable<SequenceRange>): readonly SequenceRange[] {
  const found: { from: number; to: number }[] = [];
  for (const { from, to } of ranges) {
    const last = found.at(-1);
    if (last && (from <= last.to + gapMin || found.length === stretchesMax)) last.to = Math.max(last.to, to);
    else found.push({ from, to });
  }
  return found;
}
