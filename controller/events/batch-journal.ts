// The journal of batches: what makes one whole. JetStream stores one message at a time, so a batch is written here first, and its
// events are published when it is complete; whoever dies in between is followed by a repair that publishes the rest.
//
//   J1. A batch is complete when all its parts are in the journal. Before that nothing of it was published.
//   J2. An entry leaves the journal when all its events are stored, or when nothing of it is and nothing will be. What has left
//       does not come back when the server is killed: it is overwritten.
//   J3. Entries are named after the installation that made them. While it runs, `isUnderWay` tells those that it is still storing.
import { randomUUID } from "node:crypto";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Message, Publisher } from "../../bus/publisher.ts";
import { batchPartSubject, batchesStream } from "../../bus/subjects.ts";
import { storeInOrder } from "./store-in-order.ts";

export type BatchJournal = {
  /** Resolves when the batch is complete. Rejects with PublishError; only with `unanswered` may it be complete all the same. */
  record(parts: readonly Uint8Array[], deadlineMs: number): Promise<JournalEntry>;
  /** Whether this process is storing the batch right now. */
  isUnderWay(batch: string): boolean;
};

export type JournalEntry = {
  /** Takes the batch out of the journal. Resolves when the server says so. */
  remove(): Promise<void>;
  /** It stays as it is; the repair ends it. */
  leave(): void;
};

/** `owner` names the installation; no other process uses it. */
export function createBatchJournal(nc: NatsConnection, publisher: Publisher, owner: string): BatchJournal {
  const underWay = new Set<string>();
  let manager: Promise<JetStreamManager> | null = null;

  return {
    async record(parts, deadlineMs) {
      const batch = randomUUID();
      const messageOf = (place: number): Message => ({
        subject: batchPartSubject(owner, batch, place + 1, parts.length),
        payload: parts[place] ?? "",
        messageId: `${batch}.${place + 1}`,
      });
      underWay.add(batch);
      const { sequences, error } = await storeInOrder(publisher, { count: parts.length, at: messageOf }, deadlineMs);
      if (error === null) return entryOf(batch, sequences);
      underWay.delete(batch);
      throw error;
    },
    isUnderWay: (batch) => underWay.has(batch),
  };

  function entryOf(batch: string, sequences: readonly number[]): JournalEntry {
    return {
      async remove() {
        try {
          manager ??= jetstreamManager(nc, { checkAPI: false });
          const jsm = await manager;
          for (const sequence of sequences) await jsm.streams.deleteMessage(batchesStream, sequence);
        } finally {
          underWay.delete(batch);
        }
      },
      leave: () => void underWay.delete(batch),
    };
  }
}
