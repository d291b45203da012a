// The time of day, and a timer by it.
export type Clock = {
  nowMs(): number;
  /** Calls back once; the result ends that. */
  after(ms: number, callback: () => void): () => void;
};

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
