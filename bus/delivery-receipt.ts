// What JetStream says of a pulled message in its reply subject, and the words that answer it there.
//
//   `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<stored at, ns>.<pending>`; a server with a domain puts
//   two tokens before the stream, and newer ones may put one behind.

/** One delivery of a message; a later delivery of the same message has the same `streamSeq`. */
export type Receipt = {
  /** Where it is acknowledged. */
  readonly ackSubject: string;
  /** From 1: how often the consumer has delivered it, as far as the server remembers. */
  readonly deliveries: number;
  readonly streamSeq: number;
  /** Counts up with every delivery of the consumer; a consumer that was made anew begins again at 1. */
  readonly consumerSeq: number;
  /** By the server's clock. */
  readonly storedAtMs: number;
};

const tokensWithoutDomain = 9;
const nanosPerMs = 1_000_000n;
const nanosPerMsNumber = 1_000_000;

/** The word for "still at it": the server waits another ack_wait before it delivers again. */
export const working = "+WPI";
/** Done; never again. */
export const done = "+ACK";
/** Nobody can make sense of it; never again. */
export const unusable = "+TERM";
/** Not here: deliver it again, to whoever asks, after `delayMs`. */
export const again = (delayMs: number): string =>
  delayMs <= 0 ? "-NAK" : `-NAK ${JSON.stringify({ delay: Math.round(delayMs) * nanosPerMsNumber })}`; // -NAK {"delay":5000000000}

/** Null when the subject is not one under which a message can be acknowledged. */
export function parseReceipt(replySubject: string | undefined): Receipt | null {
  if (replySubject === undefined || !replySubject.startsWith("$JS.ACK.")) return null;
  const tokens = replySubject.split(".");
  const counts = tokens.slice(tokens.length > tokensWithoutDomain ? 6 : 4);
  const [deliveries = Number.NaN, streamSeq = Number.NaN, consumerSeq = Number.NaN] = counts.map(Number);
  const storedAt = counts[3] ?? "";
  if (![deliveries, streamSeq, consumerSeq].every(Number.isSafeInteger) || !/^\d+$/.test(storedAt)) return null;
  const storedAtMs = Number(BigInt(storedAt) / nanosPerMs);
  return { ackSubject: replySubject, deliveries, streamSeq, consumerSeq, storedAtMs };
}
