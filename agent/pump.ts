// Works off a queue that someone else owns, one item after the other, so that their order is kept.

export type Pump = {
  /** Something may be in the queue. */
  wake(): void;
  /** Resolves when the queue is worked off, or after waitMs. */
  idle(waitMs: number): Promise<void>;
};

/** `next` takes an item out of the queue; `work` must not reject. */
export function createPump<T>(next: () => T | undefined, work: (item: T) => Promise<void>): Pump {
  let working: Promise<void> | null = null;

  return {
    wake() {
      working ??= drain().finally(() => {
        working = null;
      });
    },
    async idle(waitMs) {
      if (working === null) return;
      const { promise: tooLate, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, waitMs);
      await Promise.race([working, tooLate]);
      clearTimeout(timer);
    },
  };

  async function drain(): Promise<void> {
    for (let item = next(); item !== undefined; item = next()) await work(item);
  }
}
