// Durable publishing at the speed of the server. The client's own `js.publish` pays a request, a promise and a timer for each
// message; here one subscription counts all acks and one timer watches the oldest.
//
//   P1. `publish` resolves only when JetStream has stored the message, and says when it was stored before (`duplicate`).
//   P2. Every publish ends: stored, refused by the server, or without an answer: after ackTimeoutMs, or as soon as another
//       connection is there, when it was published before. It may be repeated with the same message id; JetStream refuses
//       the second copy.
//   P3. What is published in one turn of the event loop leaves in one write: a write costs more than everything else here.
//   P4. While inFlightMax messages or inFlightBytesMax wait for an ack, what is more is refused at once.
//   P5. With `onlyIfAbsent` a message is stored only when its subject holds none, however long ago that one came: `exists` says
//       so. The server looks for a copy of the message id first, so a repeat of a stored message is still a `duplicate`.
//   P6. The messages of one `publishAll` leave in their order and without a pause: a connection that is lost meanwhile takes
//       their end with it and nothing in the middle. They cost one promise, and their acks are counted in one object.
import { type Msg, type NatsConnection, headers } from "@nats-io/nats-core";
import { type AllStored, countAcks } from "./counted-acks.ts";
import { type Ack, PublishError, refusalOf } from "./publish-error.ts";

export { PublishError } from "./publish-error.ts";

const inFlightMax = 65_536;
const inFlightBytesMax = 67_108_864;
/** How often unanswered publishes are looked for; ackTimeoutMs is exceeded by at most this. */
const sweepEveryMs = 250;

export type Stored = { readonly seq: number; readonly duplicate: boolean };

export type Message = {
  readonly subject: string;
  readonly payload: Uint8Array | string;
  readonly messageId: string;
};

/** Messages that are made one by one as they leave: thousands of them need not live at the same time. */
export type Messages = { readonly count: number; readonly at: (place: number) => Message };

export type PublishOptions = {
  /** Only when the subject holds no message. */
  readonly onlyIfAbsent?: boolean;
};

export type Publisher = {
  publish(subject: string, payload: Uint8Array | string, messageId: string, options?: PublishOptions): Promise<Stored>;
  /** Never rejects: the answer says which are not known to be stored, and why. */
  publishAll(messages: Messages): Promise<AllStored>;
  /** Messages that wait for their ack. */
  readonly pending: number;
  /** Refuses what still waits, and further publishes. */
  close(): void;
};

/** One publish, or several that are answered together. */
type Waiting = {
  readonly count: number;
  readonly bytes: number;
  readonly deadlineMs: number;
  /** Takes one answer; true: it was the last one. */
  readonly take: (place: number, ack: Ack | null) => boolean;
  readonly end: (error: PublishError) => void;
};

type Outgoing = Message & { readonly key: string; readonly onlyIfAbsent: boolean };

/** `inbox` is a subject prefix that only this connection may subscribe to; acks arrive at `<inbox>.<key>` or `<inbox>.<key>-<place>`. */
export function createPublisher(nc: NatsConnection, options: { inbox: string; ackTimeoutMs: number }): Publisher {
  const waiting = new Map<string, Waiting>();
  const prefix = `${options.inbox}.`;
  let keys = 0;
  let inFlight = 0;
  let inFlightBytes = 0;
  let closed = false;
  let turn: Outgoing[] = [];

  const acks = nc.subscribe(`${prefix}*`, {
    callback: (error, msg) => {
      if (!error) settle(msg);
    },
  });
  const sweep = setInterval(endOverdue, sweepEveryMs);
  sweep.unref();
  void watchConnection();

  return {
    publish(subject, payload, messageId, { onlyIfAbsent = false } = {}) {
      const obstacle = obstacleTo(1);
      if (obstacle) return Promise.reject(obstacle);
      const { promise, resolve, reject } = Promise.withResolvers<Stored>();
      const key = wait({
        count: 1,
        bytes: payload.length,
        end: reject,
        take(_, ack) {
          const refusal = refusalOf(ack);
          if (refusal) reject(refusal);
          else resolve({ seq: ack?.seq ?? 0, duplicate: ack?.duplicate === true });
          return true;
        },
      });
      if (turn.push({ key, subject, payload, messageId, onlyIfAbsent }) === 1) setImmediate(sendTurn);
      return promise;
    },
    publishAll(messages) {
      const counted = countAcks(messages.count);
      const obstacle = obstacleTo(messages.count);
      if (obstacle) counted.end(obstacle);
      if (counted.isOver) return Promise.resolve(counted.outcome());
      const { promise, resolve } = Promise.withResolvers<AllStored>();
      const answered = (): boolean => {
        if (counted.isOver) resolve(counted.outcome());
        return counted.isOver;
      };
      const entry = {
        count: messages.count,
        bytes: 0,
        end(error: PublishError) {
          counted.end(error);
          answered();
        },
        take(place: number, ack: Ack | null) {
          counted.take(place, ack);
          return answered();
        },
      };
      const key = wait(entry);
      for (let place = 0; place < messages.count; place++) {
        const message = messages.at(place);
        entry.bytes += message.payload.length;
        inFlightBytes += message.payload.length;
        const failure = send(message, `${key}-${place.toString(36)}`, false);
        if (failure) counted.refuse(place, failure);
      }
      if (answered()) forget(key);
      return promise;
    },
    get pending() {
      return inFlight;
    },
    close() {
      closed = true;
      clearInterval(sweep);
      if (!nc.isClosed()) acks.unsubscribe();
      for (const key of waiting.keys()) end(key, new PublishError("closed", "the connection closed before the ack"));
    },
  };

  function obstacleTo(count: number): PublishError | null {
    if (closed) return new PublishError("closed", "the publisher is closed");
    if (inFlight + count > inFlightMax)
      return new PublishError("overloaded", `${inFlight} messages wait for their ack already`);
    if (inFlightBytes >= inFlightBytesMax)
      return new PublishError("overloaded", `${inFlightBytes} bytes of messages wait for their ack already`);
    return null;
  }

  function wait(entry: Omit<Waiting, "deadlineMs">): string {
    const key = (keys++).toString(36);
    waiting.set(key, Object.assign(entry, { deadlineMs: performance.now() + options.ackTimeoutMs }));
    inFlight += entry.count;
    inFlightBytes += entry.bytes;
    return key;
  }

  function sendTurn(): void {
    const outgoing = turn;
    turn = [];
    for (const message of outgoing) {
      const failure = send(message, message.key, message.onlyIfAbsent);
      if (failure) end(message.key, failure);
    }
  }

  /** Why it could not even leave; null: it did. */
  function send({ subject, payload, messageId }: Message, reply: string, onlyIfAbsent: boolean): PublishError | null {
    try {
      const head = headers();
      head.set("Nats-Msg-Id", messageId);
      if (onlyIfAbsent) head.set("Nats-Expected-Last-Subject-Sequence", "0");
      nc.publish(subject, payload, { reply: prefix + reply, headers: head });
      return null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return new PublishError(nc.isClosed() ? "closed" : "refused", reason);
    }
  }

  function settle(msg: Msg): void {
    const [key = "", place = "0"] = msg.subject.slice(prefix.length).split("-");
    const entry = waiting.get(key);
    const ack = msg.data.length === 0 ? null : msg.json<Ack>();
    if (entry?.take(Number.parseInt(place, 36), ack)) forget(key);
  }

  /** What left over the connection that was lost has no answer any more; what was published since then did not leave at all. */
  async function watchConnection(): Promise<void> {
    for await (const { type } of nc.status()) {
      if (type !== "reconnect") continue;
      const lost = new PublishError("unanswered", "the connection was lost before the ack");
      for (const key of waiting.keys()) end(key, lost);
    }
  }

  /** Entries are in order of publishing, so the first that is not overdue ends the search. */
  function endOverdue(): void {
    const now = performance.now();
    for (const [key, { deadlineMs }] of waiting) {
      if (deadlineMs > now) return;
      end(key, new PublishError("unanswered", `no ack from the server within ${options.ackTimeoutMs} ms`));
    }
  }

  function end(key: string, error: PublishError): void {
    const entry = waiting.get(key);
    forget(key);
    entry?.end(error);
  }

  function forget(key: string): void {
    const entry = waiting.get(key);
    if (!entry || !waiting.delete(key)) return;
    inFlight -= entry.count;
    inFlightBytes -= entry.bytes;
  }
}
