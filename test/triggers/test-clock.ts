// A clock that goes on only when the test says so, and calls back what is due on the way.
import type { Clock } from "../../controller/triggers/clock.ts";

export type TestClock = Clock & {
  /** To that moment at once; what waits for a moment before it is called back then. */
  jumpTo(ms: number): void;
  /** Somebody sets the time of day; what waits goes on to wait for as long as before. */
  setTo(ms: number): void;
};

export function createTestClock(startMs: number): TestClock {
  let nowMs = startMs;
  /** By a clock that nobody sets. */
  let steadyMs = 0;
  const timers = new Map<object, { readonly atMs: number; readonly callback: () => void }>();
  return {
    nowMs: () => nowMs,
    after(ms, callback) {
      const timer = {};
      timers.set(timer, { atMs: steadyMs + ms, callback });
      return () => void timers.delete(timer);
    },
    jumpTo(ms) {
      steadyMs += ms - nowMs;
      nowMs = ms;
      const due = [...timers].filter(([, { atMs }]) => atMs <= steadyMs).toSorted(([, a], [, b]) => a.atMs - b.atMs);
      for (const [timer, { callback }] of due) if (timers.delete(timer)) callback();
    },
    setTo: (ms) => void (nowMs = ms),
  };
}
