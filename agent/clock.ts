// Time, as something that tests can hold still.

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` (Infinity: never) or when the signal fires, whichever is first; says which. Never rejects. */
  wait(ms: number, signal: AbortSignal): Promise<"elapsed" | "aborted">;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  wait: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve("aborted");
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        resolve("aborted");
      };
      signal.addEventListener("abort", onAbort, { once: true });
      const onTime = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve("elapsed");
      };
      const timer = Number.isFinite(ms) ? setTimeout(onTime, ms) : undefined;
    }),
};
