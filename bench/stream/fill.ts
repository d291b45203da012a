// Events straight into the stream, past every edge: with the controller's own publisher, as its subjects and payloads are.
import type { NatsConnection } from "@nats-io/nats-core";
import { createPublisher } from "../../bus/publisher.ts";
import { controllerOwner, eventSubject, inboxPrefix } from "../../bus/subjects.ts";
import { toCloudEvent } from "../../model/cloud-event.ts";
import type { Event } from "../../model/event.ts";

const eventsAtOnce = 2_000;
/** While one lot is acknowledged the next one is made. */
const lotsUnderWay = 2;
const ackTimeoutMs = 30_000;

/** Stored events a second. Throws when one is not stored. */
export async function fill(nc: NatsConnection, count: number, next: () => Event): Promise<number> {
  const publisher = createPublisher(nc, { inbox: `${inboxPrefix(controllerOwner)}.fill`, ackTimeoutMs });
  let left = count;
  const publishInTurn = async (): Promise<void> => {
    while (left > 0) {
      const lot = Math.min(left, eventsAtOnce);
      left -= lot;
      const { error } = await publisher.publishAll({ count: lot, at: () => messageOf(next()) });
      if (error) throw error;
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: lotsUnderWay }, publishInTurn));
  publisher.close();
  return count / ((performance.now() - startedMs) / 1_000);
}

function messageOf(event: Event): { subject: string; payload: string; messageId: string } {
  const { id, type } = event;
  return { subject: eventSubject(controllerOwner, type), payload: toCloudEvent(event, null), messageId: id };
}
