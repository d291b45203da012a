// What may be held in memory at once, by count and by bytes. Who does not fit waits in line, first come first served.

export type Release = () => void;

export type Budget = {
  /** Resolves with the way to give the share back, or with null when it did not become free within waitMs. */
  acquire(bytes: number, waitMs: number): Promise<Release | null>;
};

type Waiter = { readonly bytes: number; readonly admit: () => void };

export function createBudget({ countMax, bytesMax }: { countMax: number; bytesMax: number }): Budget {
  const line = new Set<Waiter>();
  let count = 0;
  let bytesHeld = 0;

  return {
    acquire(bytes, waitMs) {
      if (line.size === 0 && fits(bytes)) return Promise.resolve(take(bytes));
      const { promise, resolve } = Promise.withResolvers<Release | null>();
      const waiter: Waiter = {
        bytes,
        admit: () => {
          clearTimeout(timer);
          resolve(take(bytes));
        },
      };
      const timer = setTimeout(() => {
        line.delete(waiter);
        resolve(null);
      }, waitMs);
      line.add(waiter);
      return promise;
    },
  };

  function fits(bytes: number): boolean {
    // A share larger than everything is admitted alone, so that it does not wait for ever.
    return count === 0 || (count < countMax && bytesHeld + bytes <= bytesMax);
  }

  function take(bytes: number): Release {
    count += 1;
    bytesHeld += bytes;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      count -= 1;
      bytesHeld -= bytes;
      admitNext();
    };
  }

  function admitNext(): void {
    for (const waiter of line) {
      if (!fits(waiter.bytes)) return;
      line.delete(waiter);
      waiter.admit();
    }
  }
}
