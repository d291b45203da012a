// Takes messages from a consumer by pull requests, without ever asking the server about that consumer: the identity of a workflow
// may not.
//
//   U1. At most one request is outstanding; it ends when everything asked for has come, or as the server or its silence says.
//   U2. A message may come although none is asked for any more: one that the server sent before it knew. It is handed on as well.
//   U3. The server says nothing at all of a consumer that is not there. Until something was heard of it, requests are short: their
//       end is a sign as well.
//   U4. Nothing is repeated here: whoever asks hears how the request ended and decides.
import { type Msg, type NatsConnection, nanos } from "@nats-io/nats-core";

/** The server ends a request after this long; it is made again then. */
const expiresMs = 30_000;
const heartbeatMs = 5_000;
/** A server that misses two heartbeats has forgotten the request. */
const silenceMaxMs = 2 * heartbeatMs + 1_000;
/** The same for a request by which the consumer is found. */
const findingExpiresMs = 100;
const findingSilenceMaxMs = 300;

const heartbeat = 100;
const badRequest = 400;
const noMessages = 404;
const timedOut = 408;
const conflict = 409;
const noResponders = 503;

const lasting = { expires: nanos(expiresMs), idle_heartbeat: nanos(heartbeatMs) };
const finding = { expires: nanos(findingExpiresMs) };

/**
 * `satisfied`: everything came. `expired`: nothing more within its time, or enough for now. `silent`: the server has forgotten it.
 * `absent`: there is no consumer, or it has just been removed. `refused`: the server will not have it now.
 */
export type PullEnd = "satisfied" | "expired" | "silent" | "absent" | "refused";

export type PullListener = {
  /** A message of the stream. */
  readonly message: (msg: Msg) => void;
  /** The outstanding request is over. */
  readonly ended: (end: PullEnd, reason: string) => void;
};

export type PullConsumer = {
  /** Messages that were asked for and have not come. */
  readonly outstanding: number;
  /** Asks for that many messages, `bytesMax` in all (one message always fits). Only when nothing is outstanding. */
  request(batch: number, bytesMax: number): void;
  /** The connection was lost, and the request with it. */
  forget(): void;
  /** Resolves when the server knows that nothing more is wanted, and what it had sent before was handed on. */
  stop(): Promise<void>;
};

/** `next` is the subject that asks the consumer for messages, `inbox` a subject prefix that only this connection may subscribe to. */
export function createPullConsumer(
  nc: NatsConnection,
  next: string,
  { inbox, listener }: { inbox: string; listener: PullListener },
): PullConsumer {
  const prefix = `${inbox}.`;
  let count = 0;
  let current = "";
  let outstanding = 0;
  let isFound = false;
  let silence: NodeJS.Timeout | undefined;

  const replies = nc.subscribe(`${prefix}*`, {
    callback: (error, msg) => {
      if (error) return;
      // A status comes to the request's own subject, a message under the subject with which it was stored.
      if (msg.subject.startsWith(prefix)) status(msg);
      else message(msg);
    },
  });

  return {
    get outstanding() {
      return outstanding;
    },
    request(batch, bytesMax) {
      current = prefix + (count++).toString(36);
      outstanding = batch;
      clearTimeout(silence);
      silence = setTimeout(onSilence, isFound ? silenceMaxMs : findingSilenceMaxMs);
      const wanted = { batch, max_bytes: bytesMax, ...(isFound ? lasting : finding) };
      nc.publish(next, JSON.stringify(wanted), { reply: current });
    },
    forget() {
      isFound = false;
      close();
    },
    async stop() {
      close();
      if (!nc.isClosed()) await replies.drain().catch(() => {});
    },
  };

  function message(msg: Msg): void {
    isFound = true;
    silence?.refresh();
    const wasOutstanding = outstanding > 0;
    if (wasOutstanding) outstanding -= 1;
    listener.message(msg);
    if (wasOutstanding && outstanding === 0) end("satisfied", "");
  }

  function status(msg: Msg): void {
    if (msg.subject !== current || outstanding === 0) return;
    const code = msg.headers?.code ?? 0;
    isFound = code !== noResponders;
    const reason = msg.headers?.description ?? "";
    if (code === heartbeat) silence?.refresh();
    else if (code !== 0) end(endOf(code, reason), reason);
  }

  function onSilence(): void {
    const wasFound = isFound;
    isFound = false;
    end(wasFound ? "silent" : "absent", "the server does not answer for the consumer");
  }

  function end(how: PullEnd, reason: string): void {
    if (how === "absent") isFound = false;
    close();
    listener.ended(how, reason);
  }

  function close(): void {
    outstanding = 0;
    current = "";
    clearTimeout(silence);
  }
}

function endOf(code: number, reason: string): PullEnd {
  switch (code) {
    case noMessages:
    case timedOut:
      return "expired";
    case noResponders:
      return "absent";
    case conflict:
      if (/deleted/i.test(reason)) return "absent";
      return /size exceeds/i.test(reason) ? "expired" : "refused";
    case badRequest:
    default:
      return "refused";
  }
}
