// Which results were seen, and when. Results are known by the key that their trigger has, and may be seen before anybody asks.

/** Without a result for so long, something is broken: the benchmark says so instead of waiting for ever. */
const silenceMaxMs = 60_000;

export type Sightings = {
  see(key: string): void;
  /** The `performance.now()` at which the result of the key was seen. Rejects after a minute. */
  of(key: string): Promise<number>;
  /** The `performance.now()` at which `count` more results had been seen than now. Rejects after a minute without any. */
  more(count: number): Promise<number>;
  /** What was waited for cannot come any more. */
  fail(error: Error): void;
};

type Waiting = { readonly resolve: (seenMs: number) => void; readonly reject: (error: Error) => void };

export function createSightings(): Sightings {
  const seenMs = new Map<string, number>();
  const waiting = new Map<string, Waiting>();
  let total = 0;
  let counting: { readonly until: number; readonly done: Waiting; readonly silence: NodeJS.Timeout } | null = null;

  return {
    see(key) {
      total += 1;
      const now = performance.now();
      const asked = waiting.get(key);
      waiting.delete(key);
      if (asked) asked.resolve(now);
      else seenMs.set(key, now);
      counting?.silence.refresh();
      if (counting && total >= counting.until) counting.done.resolve(now);
    },
    async of(key) {
      const seen = seenMs.get(key);
      seenMs.delete(key);
      if (seen !== undefined) return seen;
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const silence = setTimeout(() => reject(silent(`the result of ${key}`)), silenceMaxMs);
      waiting.set(key, { resolve, reject });
      return promise.finally(() => clearTimeout(silence));
    },
    async more(count) {
      const until = total + count;
      const { promise, ...done } = Promise.withResolvers<number>();
      const silence = setTimeout(() => done.reject(silent(`${until - total} more results`)), silenceMaxMs);
      counting = { until, done, silence };
      return promise.finally(() => {
        clearTimeout(silence);
        counting = null;
        // Nobody asks for those that were only counted.
        seenMs.clear();
      });
    },
    fail(error) {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      counting?.done.reject(error);
    },
  };
}

function silent(what: string): Error {
  return new Error(`still waiting for ${what} after ${silenceMaxMs} ms`);
}
