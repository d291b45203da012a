// A sleep that ends early when somebody wakes it, also when the call came while nobody slept.
export type Waker = {
  wake(): void;
  /** Ends a sleep that would last longer at that moment. */
  wakeAt(ms: number): void;
  sleep(waitMs: number): Promise<void>;
};

export function createWaker(nowMs: () => number): Waker {
  let soonestMs = Infinity;
  let hurry: () => void = () => {};
  return {
    wake: () => wakeAt(-Infinity),
    wakeAt,
    async sleep(waitMs) {
      const untilMs = nowMs() + waitMs;
      let asleep = true;
      while (asleep) {
        const leftMs = Math.min(untilMs, soonestMs) - nowMs();
        asleep = leftMs > 0 && (await nap(leftMs));
      }
      soonestMs = Infinity;
    },
  };

  function wakeAt(ms: number): void {
    if (ms >= soonestMs) return;
    soonestMs = ms;
    hurry();
  }

  /** True when it ended because a sooner moment was named. */
  function nap(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(false), ms);
      hurry = () => done(true);
      function done(hurried: boolean): void {
        clearTimeout(timer);
        hurry = () => {};
        resolve(hurried);
      }
    });
  }
}
