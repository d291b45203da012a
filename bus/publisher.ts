// Durable publishing at the speed of the server. The client's own `js.publish` pays a request, a promise and a timer for each
// message; here one subscription counts all acks and one timer watches the oldest.
//
//   P1. `publish` resolves only when JetStream has stored the message, and says when it was stored before (`duplicate`).
//   P2. Every publish ends: stored, refused by the server, or without an answer after ackTimeoutMs. It may be repeated with the
//       same message id; JetStream refuses the second copy.
//   P3. What is published in one turn of the event loop leaves in one write: a write costs more than everything else here.
//   P4. At most inFlightMax messages wait for an ack; the next one is refused at once.
//   P5. With `onlyIfAbsent` a message is stored only when its subject holds none, however long ago that one came: `exists` says
//       so. The server looks for a copy of the message id first, so a repeat of a stored message is still a `duplicate`.
import { type Msg, type NatsConnection, headers } from "@nats-io/nats-core";

const inFlightMax = 65_536;
/** How often unanswered publishes are looked for; ackTimeoutMs is exceeded by at most this. */
const sweepEveryMs = 250;
/** Error codes of JetStream: the expected last sequence of the subject is another, and a limit of the stream leaves no room. */
const wrongLastSequence = 10_071;
const noRoom = 10_077;

export type Stored = { readonly seq: number; readonly duplicate: boolean };

export type PublishOptions = {
  /** Only when the subject holds no message. */
  readonly onlyIfAbsent?: boolean;
};

export type Publisher = {
  publish(subject: string, payload: Uint8Array | string, messageId: string, options?: PublishOptions): Promise<Stored>;
  /** Messages that wait for their ack. */
  readonly pending: number;
  /** Refuses what still waits, and further publishes. */
  close(): void;
};

/**
 * Why a message is not known to be stored. With `unanswered` it may be: repeat it under the same message id. `exists`: the
 * subject holds another one. `full`: the stream takes no more now. `refused`: any other answer of the server.
 */
export class PublishError extends Error {
  readonly code: "unanswered" | "refused" | "exists" | "full" | "overloaded" | "closed";
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
  readonly onlyIfAbsent: boolean;
};

type Ack = {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly err_code?: number; readonly description?: string };
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
    publish(subject, payload, messageId, { onlyIfAbsent = false } = {}) {
      if (closed) return Promise.reject(new PublishError("closed", "the publisher is closed"));
      if (waiting.size >= inFlightMax) {
        return Promise.reject(new PublishError("overloaded", `${inFlightMax} messages wait for their ack already`));
      }
      const { promise, resolve, reject } = Promise.withResolvers<Stored>();
      const key = (count++).toString(36);
      waiting.set(key, { resolve, reject, deadlineMs: Date.now() + options.ackTimeoutMs });
      if (turn.push({ key, subject, payload, messageId, onlyIfAbsent }) === 1) setImmediate(sendTurn);
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
    for (const { key, subject, payload, messageId, onlyIfAbsent } of outgoing) {
      const head = headers();
      head.set("Nats-Msg-Id", messageId);
      if (onlyIfAbsent) head.set("Nats-Expected-Last-Subject-Sequence", "0");
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
    const ack = msg.json<Ack>();
    if (ack.error || ack.seq === undefined) {
      refuse(key, entry, refusalOf(ack));
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

function refusalOf({ error }: Ack): PublishError {
  const reason = error?.description ?? "the server sent no sequence number";
  if (error?.err_code === wrongLastSequence)
    return new PublishError("exists", `the subject holds a message: ${reason}`);
  if (error?.err_code === noRoom) return new PublishError("full", reason);
  return new PublishError("refused", reason);
}
