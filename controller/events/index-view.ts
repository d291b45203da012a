// The state of the index as the API shows it.
import type { IndexStatus } from "./questions.ts";

export type IndexView = {
  readonly events: number;
  readonly first_sequence: number;
  readonly last_sequence: number;
  /** Sequences at the end of the stream that it has not seen; null while NATS cannot be asked. */
  readonly lag: number | null;
  readonly rebuilding: IndexStatus["rebuilding"];
  readonly bytes: number;
  readonly schema: number;
};

/** `end`: the last sequence of the stream as it was asked for at the same time. */
export function indexView(status: IndexStatus, end: number | null): IndexView {
  const { events, firstSequence, lastSequence, rebuilding, bytes, schema } = status;
  return {
    events,
    first_sequence: firstSequence,
    last_sequence: lastSequence,
    lag: end === null ? null : Math.max(0, end - lastSequence),
    rebuilding,
    bytes,
    schema,
  };
}
