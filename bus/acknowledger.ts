// Acknowledgements that the server confirms: one subscription counts all confirmations and one timer watches the oldest.
//
//   K1. What is given within gatherMs leaves in one write: nobody waits for an acknowledgement, and a write costs more than
//       everything else here.
//   K2. Every acknowledgement ends: confirmed, nobody there to take it, or unanswered after answerWaitMs. It may be repeated.
import type { NatsConnection } from "@nats-io/nats-core";

const gatherMs = 1;
const answerWaitMs = 2_000;
/** How often unanswered ones are looked for; answerWaitMs is exceeded by at most this. */
const sweepEveryMs = 250;
const noResponders = 503;

/** `nobody`: there is no such consumer just now. */
export type Confirmation = "confirmed" | "nobody" | "unanswered";

export type Acknowledger = {
  confirm(ackSubject: string, word: string): Promise<Confirmation>;
  /** Ends what still waits as unanswered. */
  close(): void;
};

type Outgoing = { readonly key: string; readonly ackSubject: string; readonly word: string };
type Waiting = { readonly resolve: (confirmation: Confirmation) => void; readonly deadlineMs: number };

/** `inbox` is a subject prefix that only this connection may subscribe to; confirmations arrive at `<inbox>.<n>`. */
export function createAcknowledger(nc: NatsConnection, inbox: string): Acknowledger {
  const waiting = new Map<string, Waiting>();
  const prefix = `${inbox}.`;
  let count = 0;
  let gathered: Outgoing[] = [];
  const answers = nc.subscribe(`${prefix}*`, {
    callback: (error, msg) => {
      if (error) return;
      settle(msg.subject.slice(prefix.length), msg.headers?.code === noResponders ? "nobody" : "confirmed");
    },
  });
  const sweep = setInterval(() => {
    const nowMs = Date.now();
    for (const [key, { deadlineMs }] of waiting) {
      if (deadlineMs > nowMs) return;
      settle(key, "unanswered");
    }
  }, sweepEveryMs);
  sweep.unref();

  return {
    confirm(ackSubject, word) {
      if (nc.isClosed()) return Promise.resolve("unanswered");
      const { promise, resolve } = Promise.withResolvers<Confirmation>();
      const key = (count++).toString(36);
      waiting.set(key, { resolve, deadlineMs: Date.now() + answerWaitMs });
      if (gathered.push({ key, ackSubject, word }) === 1) setTimeout(send, gatherMs);
      return promise;
    },
    close() {
      clearInterval(sweep);
      if (!nc.isClosed()) answers.unsubscribe();
      for (const key of waiting.keys()) settle(key, "unanswered");
    },
  };

  function send(): void {
    const outgoing = gathered;
    gathered = [];
    if (nc.isClosed()) return;
    for (const { key, ackSubject, word } of outgoing) nc.publish(ackSubject, word, { reply: prefix + key });
  }

  function settle(key: string, confirmation: Confirmation): void {
    const entry = waiting.get(key);
    waiting.delete(key);
    entry?.resolve(confirmation);
  }
}
