// How many starts may be under way at once. The engine saturates at some 6-12 container starts a second; more at a time only
// lengthens the queue of each. First come, first served.

export type StartSlots = {
  /** Runs `work` once a slot is free; the slot is given back however the work ends. */
  run<T>(work: () => Promise<T>): Promise<T>;
};

export function createStartSlots(count: number): StartSlots {
  const waiting: (() => void)[] = [];
  let free = Math.max(1, count);

  return {
    async run(work) {
      await take();
      try {
        return await work();
      } finally {
        giveBack();
      }
    },
  };

  function take(): Promise<void> {
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => waiting.push(resolve));
  }

  /** A slot goes straight to whoever waits longest, so nobody can overtake. */
  function giveBack(): void {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }
}
