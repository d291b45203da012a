// What the deaths of the index's thread tell: a thread that dies of one message of the stream would die of it for ever.
//
//   D1. A thread that died while it added is followed by one that adds its first messages one by one, so that the next death says
//       which it was.
//   D2. A message that deathsMax such threads died of is passed over from then on.
//   D3. What lies in the machine (a full disk, say) is no message's fault: it is not told as having happened while adding.

const deathsMax = 3;
/** One that has lived so long without dying is well. */
const wellAfterMs = 60_000;

export type Deaths = {
  /** `adding`: the first sequence that was being added; null: none was. Returns the sequence that is passed over from now on, if any. */
  died(error: Error, adding: number | null): number | null;
  /** Whether the next thread is to add one by one. */
  readonly isCareful: boolean;
  readonly passedOver: readonly number[];
  /** What is wrong; null: it has not died lately. */
  problem(): string | null;
};

export function createDeaths(nowMs: () => number): Deaths {
  const passedOver: number[] = [];
  let recent: number[] = [];
  let last = "";
  let suspect: { readonly sequence: number; readonly deaths: number } | null = null;
  let isCareful = false;

  return {
    died(error, adding) {
      recent = [...lately(), nowMs()].slice(-deathsMax);
      last = error.message;
      const wasCareful = isCareful;
      isCareful = adding !== null;
      if (adding === null || !wasCareful) suspect = null;
      if (adding === null || !wasCareful) return null;
      suspect = { sequence: adding, deaths: suspect?.sequence === adding ? suspect.deaths + 1 : 1 };
      if (suspect.deaths < deathsMax) return null;
      suspect = null;
      passedOver.push(adding);
      return adding;
    },
    get isCareful() {
      return isCareful;
    },
    passedOver,
    problem() {
      return lately().length < deathsMax ? null : `the event index keeps dying: ${last}`;
    },
  };

  function lately(): readonly number[] {
    return recent.filter((atMs) => nowMs() - atMs < wellAfterMs);
  }
}
