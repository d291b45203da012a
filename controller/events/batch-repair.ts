// Ends what was begun and left: batches in the journal whose controller died, or gave up, while it stored them.
//
//   R1. Of a complete batch it publishes what is missing, in order, and then removes it. What is stored already is what the index
//       knows: it remembers longer than JetStream refuses a message id.
//   R2. Of an incomplete batch nothing was published, or all of it is stored: it is dropped.
//   R3. A batch of this installation is left while this process is storing it; no other process has its home. One of another
//       installation is left alone until it was seen here for longer than any controller tries: clocks of hosts differ.
//   R4. Doing this twice, or beside another controller, stores nothing twice.
//   R5. A batch that cannot be ended now does not keep others from it.
import { setTimeout as delay } from "node:timers/promises";
import { type JetStreamManager, type StoredMsg, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Logger } from "pino";
import type { Message, Publisher } from "../../bus/publisher.ts";
import { allBatches, batchesStream } from "../../bus/subjects.ts";
import { giveUpAfterMs } from "./append.ts";
import type { RunHistory } from "../runs/history.ts";
import type { BatchJournal } from "./batch-journal.ts";
import { decodePart } from "./batch.ts";
import { type JournalBatch, batchesIn, journalStep, subjectsOf } from "./journal-entries.ts";
import { idsMax } from "./questions.ts";
import { storeInOrder } from "./store-in-order.ts";

const lookEveryMs = 5_000;
const foreignAgeMs = 2 * giveUpAfterMs;
const stopWaitMs = 2_000;

export type BatchRepair = { stop(): Promise<void> };

export type RepairParts = {
  readonly publisher: Pick<Publisher, "publishAll">;
  readonly journal: Pick<BatchJournal, "isUnderWay">;
  /** The name under which this installation records batches. */
  readonly installation: string;
  readonly history: Pick<RunHistory, "knownEvents" | "streamEnd">;
  readonly log: Logger;
};

export function startBatchRepair(nc: NatsConnection, parts: RepairParts): BatchRepair {
  const { publisher, journal, installation, history, log } = parts;
  const stopping = new AbortController();
  /** When batches of other installations were first seen; of those that lay there at the last look. */
  let seenAtMs: ReadonlyMap<string, number> = new Map();
  const looking = lookUntilStopped();

  return {
    async stop() {
      stopping.abort();
      await Promise.race([looking, delay(stopWaitMs, null, { ref: false })]);
    },
  };

  async function lookUntilStopped(): Promise<void> {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    while (!stopping.signal.aborted && !nc.isClosed()) {
      await look(jsm).catch((error: unknown) => {
        if (!stopping.signal.aborted)
          log.warn({ error: String(error) }, "batches in the journal cannot be ended now; trying again");
      });
      await delay(lookEveryMs, null, { signal: stopping.signal }).catch(() => {});
    }
  }

  async function look(jsm: JetStreamManager): Promise<void> {
    const { state } = await jsm.streams.info(batchesStream, { subjects_filter: allBatches() });
    const all = batchesIn(Object.keys(state.subjects ?? {}));
    const nowMs = performance.now();
    seenAtMs = new Map(all.map(({ batch }) => [batch, seenAtMs.get(batch) ?? nowMs]));
    const errors: unknown[] = [];
    for (const found of all) {
      if (stopping.signal.aborted) return;
      await end(jsm, found, nowMs).catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw new Error(`${errors.length} of ${all.length}: ${String(errors[0])}`);
  }

  async function end(jsm: JetStreamManager, found: JournalBatch, nowMs: number): Promise<void> {
    const isUnderWay = journal.isUnderWay(found.batch);
    const ageMs = nowMs - (seenAtMs.get(found.batch) ?? nowMs);
    const step = journalStep(found, { installation, isUnderWay, ageMs, foreignAgeMs });
    if (step === "finish") await finish(jsm, found);
    if (step === "drop") await remove(jsm, await partsOf(jsm, found));
  }

  async function finish(jsm: JetStreamManager, found: JournalBatch): Promise<void> {
    const passed = await history.streamEnd();
    const entries = await partsOf(jsm, found);
    // Whoever removed a part meanwhile had stored the batch.
    if (entries.length < found.of) return;
    let published = 0;
    for (const { data } of entries) published += await publishMissing(data, passed);
    await remove(jsm, entries);
    if (published > 0) log.warn({ batch: found.batch, published }, "stored what was missing of a batch");
  }

  async function publishMissing(part: Uint8Array, passed: number): Promise<number> {
    const messages = decodePart(part);
    let published = 0;
    for (let from = 0; from < messages.length; from += idsMax) {
      const some = messages.slice(from, from + idsMax);
      const ids = some.map(({ messageId }) => messageId);
      const stored = await history.knownEvents(ids, passed);
      const left = some.filter(({ messageId }) => !stored.has(messageId));
      const missing = { count: left.length, at: (place: number) => left[place] as Message };
      const { sequences, error } = await storeInOrder(publisher, missing, Date.now() + giveUpAfterMs);
      published += sequences.length;
      if (error !== null) throw error;
    }
    return published;
  }
}

/** In order. */
async function partsOf(jsm: JetStreamManager, found: JournalBatch): Promise<StoredMsg[]> {
  const entries: StoredMsg[] = [];
  for (const subject of subjectsOf(found)) {
    const entry = await jsm.streams.getMessage(batchesStream, { last_by_subj: subject });
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

async function remove(jsm: JetStreamManager, entries: readonly StoredMsg[]): Promise<void> {
  for (const { seq } of entries) await jsm.streams.deleteMessage(batchesStream, seq);
}
