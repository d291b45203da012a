// When many connections are written to. A write costs the same whether it carries one event or twenty, so a connection that was
// written to a moment ago waits for the next round.
//
//   P1. The first write after a pause goes out at once.
//   P2. Between two rounds lie at least roundMsMin, and restFactor times as long as the round before took, roundMsMax at most: writing
//       leaves room for other work however many connections there are.
const roundMsMin = 20;
const roundMsMax = 60;
const restFactor = 2;

type Pace = {
  /** True when a connection that was written to at `lastMs` (performance.now) may be written to now. */
  isFree(lastMs: number): boolean;
  /** `write` is called once, in the next round. */
  later(write: () => void): void;
};

function createPace(): Pace {
  let due = new Set<() => void>();
  let roundMs = roundMsMin;
  let timer: NodeJS.Timeout | null = null;

  return {
    isFree: (lastMs) => performance.now() - lastMs >= roundMs,
    later(write) {
      due.add(write);
      timer ??= setTimeout(round, roundMs);
    },
  };

  function round(): void {
    timer = null;
    const writes = due;
    due = new Set();
    const startedMs = performance.now();
    for (const write of writes) write();
    roundMs = Math.min(roundMsMax, Math.max(roundMsMin, restFactor * (performance.now() - startedMs)));
  }
}

/** Of all that this process writes to. */
export const pace = createPace();
