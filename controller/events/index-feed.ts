// What fills the index: reads the stream in batches into the file, from where the file ends, and lets go of what the stream let go.
//
//   X1. Events are taken in stream order, each once; what is indexed survives a restart, what is not is read again.
//   X2. Sequences that the stream has let go of are passed, too: nothing will ever come for them.
//   X3. The file is a part of this very stream. One that is damaged, of another schema or stream, or that knows what the stream
//       does not have, is thrown away at the start, and so is one whose stream went back behind it.
//   X4. Anybody may publish any bytes under a name of their own: what cannot be indexed is passed over and told, and keeps nothing
//       else out.
//   X5. What the stream no longer has is in no answer some seconds later.
import { type JetStreamManager, type JsMsg, type MsgRequest, DeliverPolicy, jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { readingOptions } from "../../bus/reading.ts";
import { allEvents, eventsStream, ownerOf } from "../../bus/subjects.ts";
import { fromCloudEvent } from "../../model/cloud-event.ts";
import { eventTagsMax } from "../../model/event-limits.ts";
import type { Event } from "../../model/event.ts";
import { type Skipped, addTold, oneMore, together } from "./index-adding.ts";
import { removeIndexFile } from "./index-file.ts";
import { usableStore } from "./index-opening.ts";
import { type IndexStore, schemaVersion } from "./index-store.ts";
import { startTidying } from "./index-tidying.ts";
import type { Answers, IndexStatus, IndexedEvent } from "./questions.ts";

/**
 * Events are collected this long, until a batch is full, or until somebody asks; then they are written in one transaction, in some
 * 3 ms. Larger ones are no quicker, and what waits for them is copied by the garbage collector.
 */
const batchWaitMs = 50;
const batchEventsMax = 256;
const readAhead = 1_000;
/** Each tag that was sent stands for two at most. Thousands of them in one event would hold everybody up for seconds. */
const tagsMax = 2 * eventTagsMax;
const streamLookEveryMs = 2_000;

/** The index was empty, and has seen by now all that the stream held when it began to read. */
export type Rebuilt = { readonly events: number; readonly through: number; readonly tookMs: number };

export type IndexFeed = {
  readonly answers: Answers;
  /** Begins a question that may take long. */
  readonly begin: IndexStore["begin"];
  /** The sequence up to which the file has seen the stream. */
  readonly through: number;
  /** What the stream held when this began. */
  readonly floor: number;
  /** Writes what was collected. Throws what SQLite throws. */
  flush(): void;
  /** For those who wait: passes what is gone from the end of the stream. */
  passGap(): Promise<void>;
  /** Writes what was collected and closes the file. */
  stop(): Promise<void>;
  /** Closes the file and deletes it. */
  drop(): Promise<void>;
};

export type IndexFeedParts = {
  readonly nc: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly path: string;
  /** The lowest sequence that somebody waits for: it is written as soon as it is there. */
  readonly awaited: () => number;
  readonly onWritten: () => void;
  readonly onRebuilt: (rebuilt: Rebuilt) => void;
  /** The file that was found could not be used; there is an empty one in its place. */
  readonly onDropped: (reason: string) => void;
  readonly onSkipped: (skipped: Skipped) => void;
  /** Holds the first sequence that is being added, and 0 otherwise: whoever starts the thread again reads there what it died of. */
  readonly adding: Float64Array;
  /** The last thread died while it added: the first messages are added one by one. */
  readonly isCareful: boolean;
  /** Sequences that threads have died of (index-deaths.ts). */
  readonly passedOver: readonly number[];
  /** It cannot go on: the file failed, or is not of this stream any more. */
  readonly onBroken: (error: unknown) => void;
};

/** The stream ends before what the index has seen of it. */
export class StreamWentBack extends Error {}

export async function openIndexFeed(parts: IndexFeedParts): Promise<IndexFeed> {
  const { nc, jsm, path, onBroken } = parts;
  const { config, created, state } = await jsm.streams.info(eventsStream);
  const store = await usableStore(parts, { identity: `${config.name}@${created}`, lastSequence: state.last_seq });
  const floor = state.last_seq;
  let rebuildingSinceMs = store.lastSequence === 0 && floor > 0 ? Date.now() : null;
  let batch: IndexedEvent[] = [];
  let skipped: Skipped | null = null;
  let through = store.lastSequence;
  let throughBefore = -1;
  let carefulFor = parts.isCareful ? batchEventsMax : 0;
  let forgotten = 0;
  const ending = new AbortController();
  let looking = false;
  let flushTimer: NodeJS.Timeout | null = null;
  const answers: Answers = { ...store, indexed };
  const messages = await readFrom(nc, through + 1, take);
  const lookTimer = setInterval(() => void lookAtStream(), streamLookEveryMs);
  const tidying = startTidying(store, onBroken);
  // A stream that has never held anything says 0.
  void forgetBelow(Math.max(1, state.first_seq));

  return {
    answers,
    begin: (question, given) => store.begin(question, given),
    get through() {
      return store.lastSequence;
    },
    floor,
    flush,
    passGap,
    async stop() {
      await end();
      flush();
      store.close();
    },
    async drop() {
      await end();
      if (flushTimer) clearTimeout(flushTimer);
      store.close();
      removeIndexFile(path);
    },
  };

  function take(msg: JsMsg): void {
    if (ending.signal.aborted) return;
    const event = fromCloudEvent(msg.data, ownerOf(msg.subject));
    const reason = event === null ? null : reasonToSkip(msg.seq, event);
    if (reason !== null) skipped = oneMore(skipped, { sequence: msg.seq, reason });
    else if (event !== null) batch.push({ seq: msg.seq, event });
    through = msg.seq;
    if (batch.length >= (carefulFor > 0 ? 1 : batchEventsMax) || (through >= floor && through >= parts.awaited()))
      tryToFlush();
    else flushTimer ??= setTimeout(tryToFlush, batchWaitMs);
  }

  function reasonToSkip(sequence: number, { tags }: Event): string | null {
    if (tags.length > tagsMax) return `it has ${tags.length} tags`;
    return parts.passedOver.includes(sequence) ? "the thread of the index died of it" : null;
  }

  /** What is thrown inside the reader would end it in silence. */
  function tryToFlush(): void {
    try {
      flush();
    } catch (error) {
      onBroken(error);
    }
  }

  function flush(): void {
    if (flushTimer) clearTimeout(flushTimer);
    flushTimer = null;
    if (through === store.lastSequence) return;
    const left = addTold(store, { batch, through, adding: parts.adding });
    carefulFor -= batch.length;
    batch = [];
    // Told with the batch: floods of them are not floods of messages.
    const all = together(skipped, left);
    skipped = null;
    if (all !== null) parts.onSkipped(all);
    if (rebuildingSinceMs !== null && store.lastSequence >= floor) {
      const tookMs = Date.now() - rebuildingSinceMs;
      rebuildingSinceMs = null;
      parts.onRebuilt({ events: store.events, through: store.lastSequence, tookMs });
    }
    parts.onWritten();
  }

  function indexed(): IndexStatus {
    const rebuilding = rebuildingSinceMs === null ? null : { through: store.lastSequence, of: floor };
    const { events, firstSequence, lastSequence, bytes } = store;
    return { events, firstSequence, lastSequence, bytes, schema: schemaVersion, rebuilding };
  }

  /** While messages come, they pass what is missing between them. */
  async function passGap(): Promise<void> {
    const from = through;
    if (looking || from !== throughBefore) {
      throughBefore = from;
      return;
    }
    looking = true;
    try {
      const { state: now } = await jsm.streams.info(eventsStream);
      if (now.last_seq <= from) return;
      const next = await jsm.streams.getMessage(eventsStream, firstFrom(from + 1));
      if (next !== null || through !== from || ending.signal.aborted) return;
      through = now.last_seq;
    } catch {
      // NATS is away: whoever waits is told so in time, and the next look may succeed.
      return;
    } finally {
      looking = false;
    }
    tryToFlush();
  }

  async function lookAtStream(): Promise<void> {
    const before = store.lastSequence;
    const info = await jsm.streams.info(eventsStream).catch(() => null);
    if (info === null || ending.signal.aborted) return;
    const { last_seq: last } = info.state;
    if (last < before)
      return onBroken(new StreamWentBack(`the stream ends at ${last}, and the index knew it up to ${before}`));
    await forgetBelow(info.state.first_seq);
  }

  async function forgetBelow(first: number): Promise<void> {
    if (first <= forgotten) return;
    forgotten = first;
    try {
      while (!ending.signal.aborted && !store.forgetBelow(first)) await new Promise(setImmediate);
    } catch (error) {
      onBroken(error);
    }
  }

  async function end(): Promise<void> {
    ending.abort();
    clearInterval(lookTimer);
    tidying.stop();
    await messages.close();
  }
}

/** The server knows this form since 2.9; the client's types have it for direct gets only. */
function firstFrom(seq: number): MsgRequest {
  return { seq, next_by_subj: allEvents() } as MsgRequest;
}

type Reading = { close(): Promise<void> };

/** The server would keep the consumer for minutes: an index that is built again and again would leave many. */
async function readFrom(nc: NatsConnection, sequence: number, take: (msg: JsMsg) => void): Promise<Reading> {
  const consumer = await jetstream(nc).consumers.get(eventsStream, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: sequence,
  });
  const messages = await consumer.consume({ ...readingOptions, callback: take, max_messages: readAhead });
  return {
    async close() {
      await messages.close();
      await consumer.delete().catch(() => false);
    },
  };
}
