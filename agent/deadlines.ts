// Many deadlines on one timer: a run that ends in time, as nearly all do, starts and stops no timer of its own.
//
// Time is read from the monotonic clock, so that setting the system's clock ends no run.
import type { Clock } from "./clock.ts";

export type Deadlines = {
  /** Calls `passed` once after `ms`, unless the returned function was called before. */
  add(ms: number, passed: () => void): () => void;
  /** Nothing passes any more. */
  close(): void;
};

type Deadline = { readonly atMs: number; readonly passed: () => void };

export function createDeadlines(clock: Pick<Clock, "wait">, now = (): number => performance.now()): Deadlines {
  const waiting = new Set<Deadline>();
  let watch = new AbortController();
  let watchedMs = Number.POSITIVE_INFINITY;

  return {
    add(ms, passed) {
      const deadline = { atMs: now() + ms, passed };
      waiting.add(deadline);
      if (deadline.atMs < watchedMs) watchFor(deadline.atMs);
      // The timer goes on: most often another deadline is there when it fires, and nothing has to be done until then.
      return () => void waiting.delete(deadline);
    },
    close() {
      waiting.clear();
      watch.abort();
    },
  };

  function watchFor(atMs: number): void {
    watch.abort();
    const own = new AbortController();
    watch = own;
    watchedMs = atMs;
    const waited = clock.wait(Math.max(0, atMs - now()), own.signal);
    void waited.then((how) => (how === "elapsed" && watch === own ? callPassed() : undefined));
  }

  function callPassed(): void {
    const nowMs = now();
    let nextMs = Number.POSITIVE_INFINITY;
    watchedMs = nextMs;
    for (const deadline of waiting) {
      if (deadline.atMs > nowMs) {
        nextMs = Math.min(nextMs, deadline.atMs);
        continue;
      }
      waiting.delete(deadline);
      deadline.passed();
    }
    if (nextMs < watchedMs) watchFor(nextMs);
  }
}
