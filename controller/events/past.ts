// Reads what one tailer wants of the past, until that meets the live stream.
//
//   P1. Of the past no more is read than the tailer takes: a batch is handed on event by event, and the next is read when there is
//       room for it. At most batchesMax batches are held at once, by all tailers; the others wait for their turn, and a tailer that
//       takes nothing for heldMsMax gives its turn to them and reads again when it does.
//   P2. What lies between the stretches that can hold something for the tailer is passed over without being read, and of who asks
//       for one type only events of that type are.
//   P3. However many read the past, others get their turn on this thread every turnMs, and what several read is decoded once.
//   P4. The past has met the live stream in the moment in which it has passed the last event for the tailer that was live.
import type { NatsConnection } from "@nats-io/nats-core";
import { type StreamReader, openStreamReader } from "../../bus/stream-reader.ts";
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import { allEvents, eventsOfType, eventsStream } from "../../bus/subjects.ts";
import { createSharedEvents } from "./shared-events.ts";
import type { Stretches } from "./stretches.ts";
import { type Tailer, hasWildcards, offering } from "./tailers.ts";

/** Some 70 MB when all of them hold only the largest events. */
const batchesMax = 64;
const heldMsMax = 250;
const turnMs = 10;
/** How long a batch is waited for before the server is asked whether there is any. */
const quietMs = 200;

export type PastOf = {
  readonly tailer: Tailer;
  readonly after: number;
  readonly stretches: Stretches;
  /** What has been read, whether it was for the tailer or not. */
  readonly reached: (sequence: number) => void;
  /** The last sequence at which something for the tailer was live; the last of all when that is not known. */
  readonly wanted: () => number;
  /** Called once, with the sequence where the past has met the live stream; everything behind it is live. */
  readonly join: (sequence: number) => void;
  readonly signal: AbortSignal;
};

/** Resolves when it has joined, or soon after the signal. Throws when the past cannot be read. */
export type ReadPast = (past: PastOf) => Promise<void>;

/** `liveSequence`: what the live stream has handed on last. */
export function createPastReader(nc: NatsConnection, liveSequence: () => number): ReadPast {
  const waiting: (() => void)[] = [];
  const decode = createSharedEvents();
  let free = batchesMax;
  let turnBeganMs = performance.now();

  return async ({ tailer, after, stretches, reached, wanted, join, signal }) => {
    const offer = offering(tailer);
    const { type } = tailer.filter;
    const wantedSubject = type === undefined || hasWildcards(type) ? allEvents() : eventsOfType(type);
    let at = after;
    let reader: StreamReader | null = null;
    try {
      while (!signal.aborted) {
        const next = stretches.from(at + 1) - 1;
        if (next > at) {
          reached((at = next));
          await reader?.stop();
          reader = null;
        }
        if (at >= wanted()) return join(Math.max(at, liveSequence()));
        reader ??= await openStreamReader(nc, eventsStream, {
          from: { kind: "sequence", sequence: at + 1 },
          subject: wantedSubject,
        });
        await takeTurn();
        let full: { readonly room: Promise<void> } | null = null;
        try {
          full = await readBatch(reader);
        } finally {
          giveBack();
        }
        if (full === null) continue;
        await reader.stop();
        reader = null;
        await full.room;
      }
    } finally {
      await reader?.stop();
    }

    /** Resolves with what to wait for when the tailer has no room and what is left of the batch was let go; else with null. */
    async function readBatch(from: StreamReader): Promise<{ readonly room: Promise<void> } | null> {
      const live = liveSequence();
      const messages = await from.next(quietMs);
      for (const message of messages) {
        const room = tailer.room?.() ?? null;
        if (room !== null && !(await isThereSoon(room))) return { room };
        if (signal.aborted) return null;
        const one = decode(message);
        if (one) offer(one);
        reached((at = message.seq));
        await letOthersIn();
      }
      // Where nothing more is for this reader, what the live stream had handed on before has been passed.
      const isOver = messages.length === 0 && !signal.aborted && (await from.isAtEnd());
      if (isOver) reached((at = Math.max(at, live)));
      return null;
    }
  };

  function takeTurn(): Promise<void> | void {
    if (free === 0) return new Promise((resolve) => waiting.push(resolve));
    free -= 1;
  }

  function giveBack(): void {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }

  async function letOthersIn(): Promise<void> {
    if (performance.now() - turnBeganMs < turnMs) return;
    await nextTurn();
    turnBeganMs = performance.now();
  }
}

async function isThereSoon(room: Promise<void>): Promise<boolean> {
  const late = new AbortController();
  const isLate = delay(heldMsMax, true, { signal: late.signal }).catch(() => true);
  const isSoon = await Promise.race([room.then(() => true), isLate.then(() => false)]);
  late.abort();
  return isSoon;
}
