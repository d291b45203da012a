// The durable consumer through which every event passes to the event trigger.
import { type JetStreamManager, AckPolicy, DeliverPolicy, JetStreamApiError } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import { eventsStream, triggersConsumer } from "../../bus/subjects.ts";

/** An event whose reader died is given to the next one after this; one that is still being handled says so more often. */
export const ackWaitMs = 10_000;
/** More than one controller handles at once: what a dead one held does not stop the events behind it. */
const ackPendingMax = 4_000;
/** JetStream API error codes: no such consumer; and one that another controller has just made with another start. */
const consumerNotFound = 10_014;
const consumerExists: ReadonlySet<number> = new Set([10_013, 10_148]);

/** Makes the consumer when it is missing. It reads what is stored after `afterSequence`; null: from now on. */
export async function ensureTriggersConsumer(jsm: JetStreamManager, afterSequence: number | null): Promise<void> {
  try {
    await jsm.consumers.info(eventsStream, triggersConsumer);
    return;
  } catch (error) {
    if (codeOf(error) !== consumerNotFound) throw error;
  }
  const after = afterSequence ?? (await jsm.streams.info(eventsStream)).state.last_seq;
  try {
    await jsm.consumers.add(eventsStream, {
      durable_name: triggersConsumer,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ackWaitMs),
      max_ack_pending: ackPendingMax,
      max_deliver: -1,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: after + 1,
    });
  } catch (error) {
    if (!consumerExists.has(codeOf(error) ?? 0)) throw error;
  }
}

/** All events up to this sequence have been handled. */
export async function handledThrough(jsm: JetStreamManager): Promise<number> {
  return (await jsm.consumers.info(eventsStream, triggersConsumer)).ack_floor.stream_seq;
}

function codeOf(error: unknown): number | null {
  return error instanceof JetStreamApiError ? error.code : null;
}
