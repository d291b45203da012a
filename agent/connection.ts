// The agent's one connection to NATS, and whether it is there right now.
//
//   C1. It reconnects for ever. `closed` resolves only when it has ended for good: closed by us, or the identity refused.
//   C2. While it is away nothing is handed to the client library, which would buffer without a bound and forget on reconnect.
//   C3. A publish whose ack may have been lost with the connection ends as `unanswered` at once, to be repeated.
import { type NatsConnection, createInbox } from "@nats-io/nats-core";
import type { Assignment } from "../bus/assignment.ts";
import { connectNats } from "../bus/connection.ts";
import { PublishError, type Stored, createPublisher } from "../bus/publisher.ts";
import { inboxPrefix } from "../bus/subjects.ts";
import { log, reasonOf } from "./log.ts";

const firstConnectWaitMs = 60_000;
const ackTimeoutMs = 5_000;
/** A server that is there takes a client within a fraction of this. */
const promptConnectMs = 2_000;
/** A server that does not answer must not hold up an agent that was asked to stop. */
const lastFlushMaxMs = 1_000;

export type Connection = {
  readonly nc: NatsConnection;
  readonly online: boolean;
  /** Ends with the reason, or with null when we closed it. */
  readonly closed: Promise<Error | null>;
  /** Stores one message durably; rejects with a PublishError. */
  publish(subject: string, payload: string, messageId: string): Promise<Stored>;
  /** Resolves when the connection comes, goes or closes, or after waitMs. */
  change(waitMs: number): Promise<void>;
  /** Whether NATS could not be reached at first: others may have been cut off from it, too. */
  readonly hadToWait: boolean;
  /** Calls the listener each time the connection is lost (false) or back (true); returns how to stop that. */
  onChange(listener: (online: boolean) => void): () => void;
  /** Sends what is still in the client's buffer, within a bound, then closes. */
  close(): Promise<void>;
};

/** Rejects when no server answered within a minute or the identity was refused. */
export async function openConnection(assignment: Assignment): Promise<Connection> {
  const inbox = inboxPrefix(assignment.workflow);
  const askedAtMs = Date.now();
  const nc = await connectNats(assignment.nats, {
    name: `agent ${assignment.instance}`,
    inboxPrefix: inbox,
    timeoutMs: firstConnectWaitMs,
  });
  return attend(nc, inbox, { hadToWait: Date.now() - askedAtMs > promptConnectMs });
}

/** `inbox`: the prefix of subjects that this identity may listen to; instances of one workflow share it. */
export function attend(nc: NatsConnection, inbox: string, { hadToWait = false } = {}): Connection {
  const publisher = createPublisher(nc, { inbox: createInbox(inbox), ackTimeoutMs });
  const awaitingAck = new Set<(error: PublishError) => void>();
  const awaitingChange = new Set<() => void>();
  const listeners = new Set<(online: boolean) => void>();
  let online = true;

  const closed = nc.closed().then((error) => {
    publisher.close();
    changed(false);
    return error ?? null;
  });
  watch().catch((error: unknown) => log.error("lost sight of the connection to NATS", { reason: reasonOf(error) }));

  return {
    nc,
    closed,
    get online() {
      return online;
    },
    publish(subject, payload, messageId) {
      if (!online) return Promise.reject(new PublishError("unanswered", "NATS is away"));
      const { promise, resolve, reject } = Promise.withResolvers<Stored>();
      awaitingAck.add(reject);
      publisher
        .publish(subject, payload, messageId)
        .then(resolve, reject)
        .finally(() => awaitingAck.delete(reject));
      return promise;
    },
    change,
    hadToWait,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      if (online) await Promise.race([nc.flush().catch(() => {}), change(lastFlushMaxMs)]);
      await nc.close();
    },
  };

  function change(waitMs: number): Promise<void> {
    if (nc.isClosed()) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMs);
    awaitingChange.add(resolve);
    return promise.finally(() => {
      clearTimeout(timer);
      awaitingChange.delete(resolve);
    });
  }

  async function watch(): Promise<void> {
    for await (const status of nc.status()) {
      if (status.type === "disconnect" && online) {
        log.warn("NATS is away; reconnecting", { server: status.server });
        changed(false);
      } else if (status.type === "reconnect") {
        log.info("NATS is back", { server: status.server });
        changed(true);
      } else if (status.type === "error") {
        log.warn("NATS reports an error", { reason: status.error.message });
      }
    }
  }

  function changed(now: boolean): void {
    online = now;
    for (const wake of awaitingChange) wake();
    for (const listener of listeners) listener(now);
    if (now) return;
    const lost = new PublishError("unanswered", "the connection to NATS was lost before the ack");
    for (const reject of awaitingAck) reject(lost);
    awaitingAck.clear();
  }
}
