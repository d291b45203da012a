// Questions that wait for the index to have seen more of the stream.
//
//   H1. None waits longer than waitMsMax.
//   H2. What is asked of the index as it is (`asItIs`) waits for nothing; everything else waits for its own sequence and for what
//       the stream held when the index began to read: before that an answer would deny what was stored long ago.
import { type Asked, asItIs } from "./questions.ts";

const waitMsMax = 10_000;

type Held = { readonly asked: Asked; readonly deadlineMs: number };

export type HeldQuestions = {
  hold(asked: Asked): void;
  /** Nobody waits for it any more. */
  cancel(id: number): void;
  /** Lowest sequence that one of them waits for; Infinity when none waits. */
  readonly next: number;
  readonly count: number;
  /** Takes out those that can be answered now, and those that have waited too long. */
  take(seen: { readonly through: number; readonly floor: number }): { ready: Asked[]; overdue: Asked[] };
};

export function createHeldQuestions(nowMs: () => number): HeldQuestions {
  let all: Held[] = [];
  let next = Infinity;

  return {
    hold(asked) {
      all.push({ asked, deadlineMs: nowMs() + waitMsMax });
      next = Math.min(next, asked.passed);
    },
    cancel(id) {
      all = all.filter(({ asked }) => asked.id !== id);
    },
    get next() {
      return next;
    },
    get count() {
      return all.length;
    },
    take(seen) {
      const ready: Asked[] = [];
      const overdue: Asked[] = [];
      const left: Held[] = [];
      next = Infinity;
      for (const entry of all) {
        if (isAnswerable(entry.asked, seen)) ready.push(entry.asked);
        else if (nowMs() >= entry.deadlineMs) overdue.push(entry.asked);
        else {
          left.push(entry);
          next = Math.min(next, entry.asked.passed);
        }
      }
      all = left;
      return { ready, overdue };
    },
  };
}

export function isAnswerable({ passed }: Asked, { through, floor }: { through: number; floor: number }): boolean {
  return passed === asItIs || through >= Math.max(passed, floor);
}
