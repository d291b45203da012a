// The only way in which this controller puts an event into the stream.
//
//   I1. The returned promise resolves when JetStream has stored the event, or all events of the batch; whoever answers 201 waits
//       for it.
//   B1. A batch is stored whole or not at all, whoever is killed at whatever moment (batch-journal.ts). Its events are in the
//       stream in their order; others may be between them, and readers may see the first before the last is stored.
//   B2. Where it is not known how a batch ends, the error is `unanswered`: then it may be stored, and is whole sooner or later.
//       After any other error nothing of it is stored.
//   B3. At most batchBytesUnderWayMax are on their way in batches; the next batch is refused at once as `overloaded`.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Publisher, PublishError, type Stored } from "../../bus/publisher.ts";
import { controllerOwner, eventSubject } from "../../bus/subjects.ts";
import { toCloudEvent } from "../../model/cloud-event.ts";
import { workflowOf } from "../../model/event-match.ts";
import type { Event } from "../../model/event.ts";
import type { BatchJournal, JournalEntry } from "./batch-journal.ts";
import { Batch } from "./batch.ts";
import { storeInOrder } from "./store-in-order.ts";

/** An unanswered publish is repeated under its own message id for as long as this; well inside the duplicate window. */
export const giveUpAfterMs = 30_000;
const repeatWaitMs = 200;
/** As the events are stored. The journal needs as much again. */
const batchBytesUnderWayMax = 33_554_432;

/** An event to store; without an id it gets a random one. Tags must be expanded already. */
export type EventToAppend = Omit<Event, "id"> & { readonly id?: string };
export type AppendEvent = (event: EventToAppend) => Promise<Event>;
/** Those of the ids under which an event is stored already. */
export type KnownEvents = (ids: readonly string[]) => Promise<ReadonlySet<string>>;

export type Appender = {
  readonly append: AppendEvent;
  /** As `append`; `duplicate`: an event is stored under this id, and was within the duplicate window. */
  readonly store: (event: EventToAppend) => Promise<Stored & { readonly event: Event }>;
  /**
   * The ids of the events that are stored, in their order; events with the same id are one event, the first. What the iteration
   * throws ends it with nothing stored, as does BatchTooLarge. `known` is asked for the ids that senders gave; what it knows is
   * not stored again.
   */
  readonly appendAll: (events: Iterable<EventToAppend>, known?: KnownEvents) => Promise<readonly string[]>;
  /** Highest stream sequence that an event of this controller got; queries wait until the index has passed it. */
  readonly lastSequence: number;
};

/** Throws PublishError when an event cannot be made durable. */
export function createAppender(publisher: Publisher, journal: BatchJournal): Appender {
  let lastSequence = 0;
  let batchBytesUnderWay = 0;

  return {
    append: async (event) => (await store(event)).event,
    store,
    async appendAll(events, known) {
      const { batch, given } = batchOf(events);
      if (known !== undefined && given.length > 0) batch.leaveOut(await known(given));
      if (batch.messages.count === 0) return batch.ids;
      if (batchBytesUnderWay > 0 && batchBytesUnderWay + batch.bytes > batchBytesUnderWayMax)
        throw new PublishError("overloaded", `batches of ${batchBytesUnderWay} bytes are on their way already`);
      batchBytesUnderWay += batch.bytes;
      try {
        await storeWhole(batch);
      } finally {
        batchBytesUnderWay -= batch.bytes;
      }
      return batch.ids;
    },
    get lastSequence() {
      return lastSequence;
    },
  };

  async function store(given: EventToAppend): Promise<Stored & { event: Event }> {
    const event = withId(given);
    const subject = eventSubject(controllerOwner, event.type);
    const payload = toCloudEvent(event, workflowOf(event.source));
    const { seq, duplicate } = await persistently(() => publisher.publish(subject, payload, event.id));
    if (seq > lastSequence) lastSequence = seq;
    return { event, seq, duplicate };
  }

  /** A batch of one message is whole by itself. */
  async function storeWhole(batch: Batch): Promise<void> {
    const { messages } = batch;
    const deadlineMs = Date.now() + giveUpAfterMs;
    const entry = messages.count > 1 ? await journal.record(batch.parts(), deadlineMs) : null;
    const { sequences, error } = await storeInOrder(publisher, messages, deadlineMs);
    for (const sequence of sequences) if (sequence > lastSequence) lastSequence = sequence;
    if (error !== null && entry === null) throw error;
    if (error !== null && entry !== null) return giveUp(entry, error, { stored: sequences.length, of: messages.count });
    // Whoever waits for the answer need not wait for this; what remains is found to be stored, and removed, by the repair.
    entry?.remove().catch(() => {});
  }
}

/** `given` are the ids that senders gave. */
function batchOf(events: Iterable<EventToAppend>): { batch: Batch; given: readonly string[] } {
  const batch = new Batch();
  const given: string[] = [];
  for (const event of events) {
    if (event.id !== undefined) given.push(event.id);
    batch.add(withId(event));
  }
  return { batch, given };
}

/** Throws in any case: as B2 says. */
async function giveUp(
  entry: JournalEntry,
  error: PublishError,
  { stored, of }: { stored: number; of: number },
): Promise<never> {
  const reason = `${stored} of ${of} events are stored and the others follow as soon as NATS takes them (${error.message})`;
  const unknown = new PublishError("unanswered", `the batch is recorded: ${reason}`);
  if (stored > 0 || error.code === "unanswered") {
    entry.leave();
    throw unknown;
  }
  await entry.remove().catch(() => {
    throw unknown;
  });
  throw error;
}

function withId({ id = randomUUID(), ...event }: EventToAppend): Event {
  return { id, ...event };
}

async function persistently<T>(publish: () => Promise<T>): Promise<T> {
  const deadlineMs = Date.now() + giveUpAfterMs;
  for (;;) {
    try {
      return await publish();
    } catch (error) {
      const repeatable = error instanceof PublishError && error.code === "unanswered";
      if (!repeatable || Date.now() > deadlineMs) throw error;
      await delay(repeatWaitMs);
    }
  }
}
