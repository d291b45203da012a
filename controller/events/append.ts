// The only way in which this controller puts an event into the stream.
//
//   I1. The returned promise resolves when JetStream has stored the event; whoever answers 201 waits for it.
import { randomUUID } from "node:crypto";
import { type Publisher, PublishError } from "../../bus/publisher.ts";
import { controllerOwner, eventSubject } from "../../bus/subjects.ts";
import { toCloudEvent } from "../../model/cloud-event.ts";
import type { Event } from "../../model/event.ts";

/** An unanswered publish is repeated under its own message id for as long as this; well inside the duplicate window. */
const giveUpAfterMs = 30_000;
const repeatWaitMs = 200;

/** An event to store; without an id it gets a random one. Tags must be expanded already. */
export type EventToAppend = Omit<Event, "id"> & { readonly id?: string };
export type AppendEvent = (event: EventToAppend) => Promise<Event>;

export type Appender = {
  readonly append: AppendEvent;
  /** Highest stream sequence that an event of this controller got; queries wait until the index has passed it. */
  readonly lastSequence: number;
};

/** Throws PublishError when the event cannot be made durable. */
export function createAppender(publisher: Publisher): Appender {
  let lastSequence = 0;
  return {
    async append(event) {
      const stored = withId(event);
      const subject = eventSubject(controllerOwner, stored.type);
      const { seq } = await persistently(() => publisher.publish(subject, toCloudEvent(stored, null), stored.id));
      if (seq > lastSequence) lastSequence = seq;
      return stored;
    },
    get lastSequence() {
      return lastSequence;
    },
  };
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
      await new Promise((resolve) => setTimeout(resolve, repeatWaitMs));
    }
  }
}
