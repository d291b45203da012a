// A clock that stands still until somebody waits, and then is at the end of that wait at once. Good for one thing at a time.
import type { Clock } from "../../agent/clock.ts";

export type JumpingClock = Clock & { readonly waits: readonly number[]; jump(ms: number): void };

export function jumpingClock(startMs = Date.UTC(2030, 0, 1)): JumpingClock {
  const waits: number[] = [];
  let nowMs = startMs;
  return {
    waits,
    now: () => nowMs,
    jump: (ms) => {
      nowMs += ms;
    },
    wait: (ms, signal) => {
      if (signal.aborted) return Promise.resolve("aborted");
      waits.push(ms);
      nowMs += ms;
      return Promise.resolve("elapsed");
    },
  };
}
