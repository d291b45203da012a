// The event stream as it happens, for any number of tailers: one consumer reads it, each tailer gets what its filter lets by.
//
//   L1. A tailer sees each event once and in stream order. One that starts from a sequence reads the past from JetStream and
//       joins the live stream where both have arrived at the same event: no gap, and nothing held back in memory.
//   L2. A tailer is called and never waited for. Whoever writes to a slow reader cuts it off (see http/sse.ts).
import { type ConsumerMessages, type JsMsg, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { readingOptions } from "../../bus/reading.ts";
import { eventsStream, ownerOf } from "../../bus/subjects.ts";
import { fromCloudEvent } from "../../model/cloud-event.ts";
import type { Event } from "../../model/event.ts";
import { type EventFilter, matches } from "../../model/event-match.ts";
import { createTypeCounts } from "./type-counts.ts";

export const tailersMax = 1_000;

export type LiveEvent = { readonly seq: number; readonly event: Event };

export type Tailer = {
  readonly filter: EventFilter;
  readonly push: (live: LiveEvent) => void;
  /** The past cannot be read; nothing is pushed any more. */
  readonly failed: (error: Error) => void;
};

export type Live = {
  /** Every matching event after `afterSequence` (null: from now on), until it is stopped. */
  tail(tailer: Tailer, afterSequence: number | null): { stop(): void };
  readonly tailers: number;
  /** The stream sequence that has been handed on last. */
  readonly lastSequence: number;
  /** Events of each type since the start, whether anybody follows them or not; at most 200 types, the rest as "other". */
  readonly counts: ReadonlyMap<string, number>;
  stop(): Promise<void>;
};

export async function startLive(nc: NatsConnection): Promise<Live> {
  const js = jetstream(nc);
  const joined = new Map<Tailer, (live: LiveEvent) => void>();
  let lastSequence = (await (await jetstreamManager(nc)).streams.info(eventsStream)).state.last_seq;
  const types = createTypeCounts();
  const messages = await read(lastSequence + 1, (seq, decode, subject) => {
    lastSequence = seq;
    types.add(subject);
    const event = joined.size > 0 ? decode() : null;
    if (event) for (const push of joined.values()) push({ seq, event });
  });

  return {
    get tailers() {
      return joined.size;
    },
    get lastSequence() {
      return lastSequence;
    },
    get counts() {
      return types.counts();
    },
    tail(tailer, afterSequence) {
      if (afterSequence !== null && afterSequence < lastSequence) return tailPast(tailer, afterSequence);
      joined.set(tailer, (live) => offer(tailer, live));
      return { stop: () => void joined.delete(tailer) };
    },
    async stop() {
      joined.clear();
      await messages.close();
    },
  };

  function tailPast(tailer: Tailer, afterSequence: number): { stop(): void } {
    let reached = afterSequence;
    let stopped = false;
    const forward = (live: LiveEvent): void => {
      if (live.seq <= reached) return;
      reached = live.seq;
      offer(tailer, live);
    };
    // Counted as a tailer from the start; what is live is left to the reading of the past until both meet.
    joined.set(tailer, () => {});
    const past = read(afterSequence + 1, (seq, decode) => {
      if (stopped) return;
      const event = decode();
      if (event) forward({ seq, event });
      if (seq < lastSequence) return;
      joined.set(tailer, forward);
      endPast();
    });
    past.catch(tailer.failed);
    return {
      stop() {
        joined.delete(tailer);
        endPast();
      },
    };

    function endPast(): void {
      stopped = true;
      past.then((reading) => reading.close()).catch(() => {});
    }
  }

  /** Events are decoded only when somebody wants them. */
  async function read(
    from: number,
    take: (seq: number, decode: () => Event | null, subject: string) => void,
  ): Promise<ConsumerMessages> {
    const start = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from };
    const consumer = await js.consumers.get(eventsStream, start);
    return consumer.consume({
      ...readingOptions,
      callback: (msg: JsMsg) => take(msg.seq, () => fromCloudEvent(msg.data, ownerOf(msg.subject)), msg.subject),
    });
  }
}

/** What a tailer throws is its own end; it must not reach the reader, which would end in silence, and with it all tailers. */
function offer(tailer: Tailer, live: LiveEvent): void {
  try {
    if (matches(tailer.filter, live.event)) tailer.push(live);
  } catch (error) {
    tailer.failed(error instanceof Error ? error : new Error(String(error)));
  }
}
