// The acks of messages that were published together, counted in one object.
import { type Ack, type PublishError, refusalOf } from "./publish-error.ts";

export type AllStored = {
  /** Of the messages that were stored, each by its place; 0 where it is not known to be. */
  readonly sequences: Float64Array;
  /** Places of the messages that are not known to be stored, ascending. */
  readonly missing: readonly number[];
  /** Why the first of them is not; one that may be stored all the same comes before one that was refused. Null: all are stored. */
  readonly error: PublishError | null;
};

export type CountedAcks = {
  /** Takes one answer; a second one for the same place is not counted. */
  take(place: number, ack: Ack | null): void;
  refuse(place: number, error: PublishError): void;
  /** Nothing more will be answered. */
  end(error: PublishError): void;
  readonly isOver: boolean;
  outcome(): AllStored;
};

export function countAcks(count: number): CountedAcks {
  const sequences = new Float64Array(count);
  const answered = new Uint8Array(count);
  let left = count;
  let error: PublishError | null = null;

  return {
    take(place, ack) {
      if (!isNew(place)) return;
      const refusal = refusalOf(ack);
      if (refusal) remember(refusal);
      else sequences[place] = ack?.seq ?? 0;
    },
    refuse(place, refusal) {
      if (isNew(place)) remember(refusal);
    },
    end(reason) {
      if (left > 0) remember(reason);
      left = 0;
    },
    get isOver() {
      return left === 0;
    },
    outcome() {
      const missing: number[] = [];
      for (const [place, sequence] of sequences.entries()) if (sequence === 0) missing.push(place);
      return { sequences, missing, error };
    },
  };

  function isNew(place: number): boolean {
    if (answered[place] !== 0 || left === 0) return false;
    answered[place] = 1;
    left -= 1;
    return true;
  }

  function remember(refusal: PublishError): void {
    if (error === null || (refusal.code === "unanswered" && error.code !== "unanswered")) error = refusal;
  }
}
