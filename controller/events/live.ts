// The event stream as it happens, for any number of tailers: one consumer reads it, each tailer gets what its filter lets by.
//
//   L1. A tailer sees each event once and in stream order. One that starts from a sequence reads the past from JetStream and
//       joins the live stream where both have arrived at the same event: no gap, and nothing held back in memory.
//   L2. A tailer is called and never waited for. Whoever writes to a slow reader cuts it off (see http/outlet.ts); only the past
//       waits for its reader.
import { type ConsumerMessages, type JsMsg, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { readingOptions } from "../../bus/reading.ts";
import { eventsStream, ownerOf } from "../../bus/subjects.ts";
import { fromCloudEvent } from "../../model/cloud-event.ts";
import { createPastReader } from "./past.ts";
import { type Stretches, everything } from "./stretches.ts";
import { type Tailer, createTailers } from "./tailers.ts";
import { createTypeCounts } from "./type-counts.ts";

/** Readers of the stream over HTTP. */
export const tailersMax = 1_000;
/** All who follow it: also those who wait for the end of a run, whom no number of readers keeps out. */
export const followersMax = 2 * tailersMax;

export type Tail = {
  stop(): void;
  /** Resolves when all that the tailer is to have of the stream up to that sequence was pushed; never when it is stopped before. */
  passed(sequence: number): Promise<void>;
};

export type Live = {
  /** Every matching event after `afterSequence` (null: from now on), until it is stopped. */
  tail(tailer: Tailer, afterSequence: number | null, stretches?: Stretches): Tail;
  readonly tailers: number;
  /** The stream sequence that has been handed on last. */
  readonly lastSequence: number;
  /** Events of each type since the start, whether anybody follows them or not; at most 200 types, the rest as "other". */
  readonly counts: ReadonlyMap<string, number>;
  stop(): Promise<void>;
};

/** Somebody waits until that is so. */
type Waiting = { readonly isPassed: () => boolean; readonly resolve: () => void };

export async function startLive(nc: NatsConnection): Promise<Live> {
  const tails = new Set<Tail>();
  const joined = createTailers();
  const waiting = new Set<Waiting>();
  const readPast = createPastReader(nc, () => lastSequence);
  let lastSequence = (await (await jetstreamManager(nc)).streams.info(eventsStream)).state.last_seq;
  const types = createTypeCounts();
  const messages = await consume(nc, lastSequence + 1, (msg) => {
    lastSequence = msg.seq;
    types.add(msg.subject);
    const event = joined.isEmpty ? null : fromCloudEvent(msg.data, ownerOf(msg.subject));
    if (event) joined.offer({ seq: msg.seq, event });
    look();
  });

  return {
    get tailers() {
      return tails.size;
    },
    get lastSequence() {
      return lastSequence;
    },
    get counts() {
      return types.counts();
    },
    tail,
    async stop() {
      for (const one of tails) one.stop();
      await messages.close();
    },
  };

  function tail(tailer: Tailer, after: number | null, stretches: Stretches = everything): Tail {
    const stopped = new AbortController();
    const mine = new Set<Waiting>();
    let reached = after ?? lastSequence;
    let isLive = false;
    const self: Tail = {
      stop() {
        stopped.abort();
        tails.delete(self);
        joined.set(self, null);
        for (const one of mine) waiting.delete(one);
      },
      passed: (sequence) =>
        new Promise((resolve) => {
          const one = { isPassed: () => (isLive ? Math.max(reached, lastSequence) : reached) >= sequence, resolve };
          mine.add(one);
          waiting.add(one);
          look();
        }),
    };
    tails.add(self);
    if (reached >= lastSequence) join(reached);
    else void past();
    return self;

    /** Nothing at or before `at` is pushed again. */
    function join(at: number): void {
      if (stopped.signal.aborted) return;
      reached = at;
      isLive = true;
      joined.set(self, { ...tailer, push: (live) => live.seq > at && tailer.push(live) });
      look();
      tailer.joined?.(at);
    }

    async function past(): Promise<void> {
      let wanted = lastSequence;
      joined.set(self, { ...tailer, push: ({ seq }) => (wanted = seq) });
      const onReached = (sequence: number): void => {
        reached = sequence;
        look();
      };
      const progress = { reached: onReached, wanted: () => wanted, join };
      try {
        await readPast({ tailer, after: reached, stretches, ...progress, signal: stopped.signal });
      } catch (error) {
        if (!stopped.signal.aborted) tailer.failed(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  function look(): void {
    for (const one of waiting) {
      if (!one.isPassed()) continue;
      waiting.delete(one);
      one.resolve();
    }
  }
}

async function consume(nc: NatsConnection, from: number, take: (msg: JsMsg) => void): Promise<ConsumerMessages> {
  const start = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from };
  const consumer = await jetstream(nc).consumers.get(eventsStream, start);
  return consumer.consume({ ...readingOptions, callback: take });
}
