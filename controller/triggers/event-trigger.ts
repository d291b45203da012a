// Turns events into runs: reads every event of the stream once, in order, and queues the runs that it sets off.
//
//   G1. An event is acknowledged when all its runs are durable, in the queue or as the run event that says why they are not. Until
//       then it is tried again, and events behind it do not wait for it.
//   G2. What may have been handled before (given again, or stored before the present connection) is checked against the history.
//   G3. An event that comes again while it is being handled is handled once.
import { setTimeout as delay } from "node:timers/promises";
import { type ConsumerMessages, type JsMsg, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Logger } from "pino";
import { readingOptions } from "../../bus/reading.ts";
import { eventsStream, ownerOf, triggersConsumer } from "../../bus/subjects.ts";
import { fromCloudEvent } from "../../model/cloud-event.ts";
import type { EnqueueRuns } from "./enqueue-runs.ts";
import { createGatheredAcks } from "./gathered-acks.ts";
import { type Lookup, type SetOff, type Stored, runsOf } from "./runs-of-event.ts";
import { followStreamEnd } from "./stream-end.ts";
import { ackWaitMs, ensureTriggersConsumer } from "./triggers-consumer.ts";

/** Events that are handled at once. */
const eventsInFlightMax = 1_000;
/** Events that wait here, so that the next one is at hand. */
const eventsReadAhead = 500;
const workingEveryMs = ackWaitMs / 3;
const tryAgainFirstMs = 100;
const tryAgainMaxMs = 5_000;
const readAgainWaitMs = 1_000;
const stopWaitMs = 2_000;

export type EventTrigger = { stop(): Promise<void> };

export async function startEventTrigger(
  nc: NatsConnection,
  parts: {
    readonly lookup: Lookup;
    /** Reads a workflow from its bucket, for the lookups after it. */
    readonly refresh: (workflow: string) => Promise<unknown>;
    readonly enqueue: EnqueueRuns;
    readonly log: Logger;
  },
): Promise<EventTrigger> {
  const { lookup, refresh, enqueue, log } = parts;
  const jsm = await jetstreamManager(nc);
  const end = followStreamEnd(nc, eventsStream);
  const inFlight = new Map<number, JsMsg>();
  const acks = createGatheredAcks();
  const stopping = new AbortController();
  let messages: ConsumerMessages | null = null;
  let room = Promise.withResolvers<void>();
  let highest: number | null = null;
  await ensureTriggersConsumer(jsm, null);
  const reading = readUntilStopped();
  const working = setInterval(() => {
    for (const msg of inFlight.values()) msg.working();
  }, workingEveryMs);

  return {
    async stop() {
      stopping.abort();
      void messages?.close();
      await Promise.race([reading, delay(stopWaitMs, null, { ref: false })]);
      await drained(stopWaitMs);
      acks.close();
      clearInterval(working);
      end.stop();
      for (const msg of inFlight.values()) msg.nak();
    },
  };

  /** The consumer is made again when the server has lost it, from where this reader was. */
  async function readUntilStopped(): Promise<void> {
    while (!stopping.signal.aborted && !nc.isClosed()) {
      try {
        await ensureTriggersConsumer(jsm, highest);
        const consumer = await jetstream(nc).consumers.get(eventsStream, triggersConsumer);
        messages = await consumer.consume({
          ...readingOptions,
          max_messages: eventsReadAhead,
          threshold_messages: eventsReadAhead / 2,
          abort_on_missing_resource: true,
        });
        await read(messages);
      } catch (error) {
        log.warn({ error: String(error) }, "the triggers cannot read the events; trying again");
      }
      await pause(readAgainWaitMs);
    }
  }

  async function read(from: ConsumerMessages): Promise<void> {
    for await (const msg of from) {
      if (stopping.signal.aborted) msg.nak();
      else take(msg);
      while (inFlight.size >= eventsInFlightMax && !stopping.signal.aborted) await room.promise;
    }
  }

  function take(msg: JsMsg): void {
    const isNew = !inFlight.has(msg.seq);
    if (isNew && setsOffNothing(msg)) return acks.give(msg);
    inFlight.set(msg.seq, msg);
    if (!isNew) return;
    handle(msg)
      // Left without an ack, it is given again later.
      .catch((error: unknown) => log.error({ sequence: msg.seq, err: error }, "an event could not be handled"))
      .finally(() => {
        inFlight.delete(msg.seq);
        room.resolve();
        room = Promise.withResolvers();
      });
  }

  /** So it is with nearly all events, and they get by without a promise. What fails here fails again where it is told. */
  function setsOffNothing(msg: JsMsg): boolean {
    highest = Math.max(highest ?? 0, msg.seq);
    try {
      const event = fromCloudEvent(msg.data, ownerOf(msg.subject));
      return event === null || runsOf({ event, sequence: msg.seq }, lookup).length === 0;
    } catch {
      return false;
    }
  }

  async function handle(msg: JsMsg): Promise<void> {
    const event = fromCloudEvent(msg.data, ownerOf(msg.subject));
    const found = event === null ? [] : await setOffBy({ event, sequence: msg.seq });
    const isChecked = (): boolean => msg.redelivered || end.isBefore(msg.seq);
    let waitMs = tryAgainFirstMs;
    let left = found;
    while (left.length > 0) {
      left = await enqueue(left, { checked: isChecked() || left !== found });
      if (left.length === 0) break;
      await pause(waitMs);
      if (stopping.signal.aborted) return inFlight.get(msg.seq)?.nak();
      waitMs = Math.min(tryAgainMaxMs, waitMs * 2);
    }
    const given = inFlight.get(msg.seq);
    if (given) acks.give(given);
  }

  /** A workflow that is unknown here may have been saved through another controller a moment ago. */
  async function setOffBy(stored: Stored): Promise<SetOff[]> {
    const found = runsOf(stored, lookup);
    const gone = found.flatMap((one) => (one.kind === "record" && one.report.state === "stopped" ? [one.report] : []));
    if (gone.length === 0) return found;
    await Promise.all(gone.map(({ workflow }) => refresh(workflow)));
    return runsOf(stored, lookup);
  }

  async function drained(atMostMs: number): Promise<void> {
    const deadline = delay(atMostMs, "late", { ref: false });
    while (inFlight.size > 0) if ((await Promise.race([room.promise, deadline])) === "late") return;
  }

  async function pause(ms: number): Promise<void> {
    await delay(ms, null, { signal: stopping.signal }).catch(() => {});
  }
}
