// How long runs take here, and with it how many may wait here beyond those that can start at once.

/** Runs that are over sooner cost less than the trip that fetches the next one. */
const shortMs = 5;
/** The median of so many counts. */
const windowRuns = 32;
/** At most a third of a second of work that no other instance can take. */
const prefetchMax = 64;

export type Pace = {
  readonly prefetch: number;
  /** A run has ended after that time. */
  note(ms: number): void;
  /** Runs wait here while those under way take their time: nothing is fetched ahead until short ones have ended again. */
  stall(): void;
};

export function createPace(): Pace {
  let recent: boolean[] = [];
  return {
    get prefetch() {
      return recent.length >= windowRuns && recent.filter(Boolean).length * 2 > recent.length ? prefetchMax : 0;
    },
    note(ms) {
      recent.push(ms < shortMs);
      if (recent.length > windowRuns) recent.shift();
    },
    stall() {
      recent = [];
    },
  };
}
