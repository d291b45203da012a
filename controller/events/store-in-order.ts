// Publishes many messages so that they are stored in their order, whatever happens to the connection meanwhile.
//
//   O1. One window after the other: the next one leaves when all of this one are stored. Of a window that was cut off a beginning is
//       stored (bus/publisher.ts P6), so what is repeated comes behind it.
//   O2. What has no answer, or found no room here, is repeated until the deadline; what the server refuses is not. Nothing leaves
//       behind the deadline, also when this process was halted for longer: others may have ended the work by then.
//   O3. What had no answer once may be stored. The error says so (`unanswered`), whatever was answered later.
import { setTimeout as delay } from "node:timers/promises";
import { type Messages, type Publisher, PublishError } from "../../bus/publisher.ts";

/** Enough that the server never waits for the next ones, and few enough that other requests get their turn in between. */
const windowMessagesMax = 2_000;
const repeatWaitMs = 200;

export type StoredInOrder = {
  /** Of the messages that are stored, in order. */
  readonly sequences: readonly number[];
  /** Why the next one is not known to be stored; null: all are. */
  readonly error: PublishError | null;
};

export async function storeInOrder(
  publisher: Pick<Publisher, "publishAll">,
  messages: Messages,
  deadlineMs: number,
): Promise<StoredInOrder> {
  const stored: number[] = [];
  let unanswered: PublishError | null = null;
  for (let from = 0; from < messages.count; from += windowMessagesMax) {
    if (from > 0 && Date.now() > deadlineMs) return { sequences: stored, error: unanswered ?? tooLate() };
    let left = someOf(messages, from, Math.min(windowMessagesMax, messages.count - from));
    while (left.count > 0) {
      const { sequences, missing, error } = await publisher.publishAll(left);
      for (const sequence of sequences) if (sequence > 0) stored.push(sequence);
      left = thoseOf(left, missing);
      if (error === null) continue;
      if (error.code === "unanswered") unanswered = error;
      if (!isWorthRepeating(error) || Date.now() > deadlineMs) return { sequences: stored, error: unanswered ?? error };
      await delay(repeatWaitMs);
    }
    unanswered = null;
  }
  return { sequences: stored, error: null };
}

function tooLate(): PublishError {
  return new PublishError("unanswered", "it took too long");
}

function someOf(messages: Messages, from: number, count: number): Messages {
  return { count, at: (place) => messages.at(from + place) };
}

function thoseOf(messages: Messages, places: readonly number[]): Messages {
  return { count: places.length, at: (place) => messages.at(places[place] ?? 0) };
}

function isWorthRepeating({ code }: PublishError): boolean {
  return code === "unanswered" || code === "overloaded";
}
