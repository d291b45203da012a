// Durable publishing at the speed of the server. The client's own `js.publish` pays a request, a promise and a timer for each
// message; here one subscription counts all acks and one timer watches the oldest.
//
//   P1. `publish` resolves only when JetStream has stored the message, and says when it was stored before (`duplicate`).
//   P2. Every publish ends: stored, refused by the server, or without an answer after ackTimeoutMs. It may be repeated with the
//       same message id; JetStream refuses the second copy.
//   P3. What is published in one turn of the event loop leaves in one write: a write costs more than everything else here.
//   P4. At most inFlightMax messages wait for an ack; the next one is refused at once.
import { type Msg, type NatsConnection, headers } from "@nats-io/nats-core";

const inFlightMax = 65_536;
/** How often unanswered publishes are looked for; ackTimeoutMs is exceeded by at most this. */
const sweepEveryMs = 250;

export type Stored = { readonly seq: number; readonly duplicate: boolean };

export type Publisher = {
  publish(subject: string, payload: Uint8Array | string, messageId: string): Promise<Stored>;
  /** Messages that wait for their ack. */
  readonly pending: number;
  /** Refuses what still waits, and further publishes. */
  close(): void;
};

/** Why a message is not known to be stored. With `unanswered` it may be: repeat it under the same message id. */
export class PublishError extends Error {
  readonly code: "unanswered" | "refused" | "overloaded" | "closed";
  constructor(code: PublishError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

type Waiting = {
  readonly resolve: (stored: Stored) => void;
  readonly reject: (error: PublishError) => void;
  readonly deadlineMs: number;
};

type Outgoing = {
  readonly key: string;
  readonly subject: string;
  readonly payload: Uint8Array | string;
  readonly messageId: string;
};

/** `inbox` is a subject prefix that only this connection may subscribe to; acks arrive at `<inbox>.<n>`. */
export function createPublisher(nc: NatsConnection, options: { inbox: string; ackTimeoutMs: number }): Publisher {
  const waiting = new Map<string, Waiting>();
  const prefix = `${options.inbox}.`;
  let count = 0;
  let closed = false;
  let turn: Outgoing[] = [];

  const acks = nc.subscribe(`${prefix}*`, {
    callback: (error, msg) => {
      if (!error) settle(msg);
    },
  });
  const sweep = setInterval(refuseOverdue, sweepEveryMs);
  sweep.unref();

  return {
    publish(subject, payload, messageId) {
      if (closed) return Promise.reject(new PublishError("closed", "the publisher is closed"));
      if (waiting.size >= inFlightMax) {
        return Promise.reject(new PublishError("overloaded", `${inFlightMax} messages wait for their ack already`));
      }
      const { promise, resolve, reject } = Promise.withResolvers<Stored>();
      const key = (count++).toString(36);
      waiting.set(key, { resolve, reject, deadlineMs: Date.now() + options.ackTimeoutMs });
      if (turn.push({ key, subject, payload, messageId }) === 1) setImmediate(sendTurn);
      return promise;
    },
    get pending() {
      return waiting.size;
    },
    close() {
      closed = true;
      clearInterval(sweep);
      if (!nc.isClosed()) acks.unsubscribe();
      for (const [key, entry] of waiting)
        refuse(key, entry, new PublishError("closed", "the connection closed before the ack"));
    },
  };

  function sendTurn(): void {
    const outgoing = turn;
    turn = [];
    for (const { key, subject, payload, messageId } of outgoing) {
      const head = headers();
      head.set("Nats-Msg-Id", messageId);
      try {
        nc.publish(subject, payload, { reply: prefix + key, headers: head });
      } catch (error) {
        const entry = waiting.get(key);
        const reason = error instanceof Error ? error.message : String(error);
        if (entry) refuse(key, entry, new PublishError("closed", reason));
      }
    }
  }

  function settle(msg: Msg): void {
    const key = msg.subject.slice(prefix.length);
    const entry = waiting.get(key);
    if (!entry) return;
    if (msg.data.length === 0) {
      refuse(key, entry, new PublishError("refused", "no stream takes this subject"));
      return;
    }
    const ack = msg.json<{ seq?: number; duplicate?: boolean; error?: { description?: string } }>();
    if (ack.error || ack.seq === undefined) {
      refuse(key, entry, new PublishError("refused", ack.error?.description ?? "the server sent no sequence number"));
      return;
    }
    waiting.delete(key);
    entry.resolve({ seq: ack.seq, duplicate: ack.duplicate === true });
  }

  /** Entries are in order of publishing, so the first that is not overdue ends the search. */
  function refuseOverdue(): void {
    const now = Date.now();
    for (const [key, entry] of waiting) {
      if (entry.deadlineMs > now) return;
      refuse(key, entry, new PublishError("unanswered", `no ack from the server within ${options.ackTimeoutMs} ms`));
    }
  }

  function refuse(key: string, entry: Waiting, error: PublishError): void {
    waiting.delete(key);
    entry.reject(error);
  }
}
