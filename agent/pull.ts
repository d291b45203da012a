// When to ask the workflow's queue for how many runs.
//
//   P1. While something is wanted a request is outstanding, so that a run that is queued is here one trip later.
//   P2. What goes wrong is tried again after a short pause, for ever: a consumer that is not there yet, a server that restarts.
//   P3. Whoever takes the messages hears when deliveries can no longer be relied on: the connection was lost, or the consumer.
import { type Msg, createInbox } from "@nats-io/nats-core";
import { type Receipt, parseReceipt } from "../bus/delivery-receipt.ts";
import { type PullEnd, createPullConsumer } from "../bus/pull-consumer.ts";
import { inboxPrefix, nextRuns } from "../bus/subjects.ts";
import type { Connection } from "./connection.ts";
import { log } from "./log.ts";

const pauseMs = 100;
/** What one request may bring, beyond one message of any size. */
const requestBytesMax = 8 * 1024 * 1024;
/** A consumer that stays away is mentioned this often. */
const complainEveryMs = 30_000;

export type PullParts = {
  /** How many runs are wanted now. */
  readonly wanted: () => number;
  readonly taken: (msg: Msg, receipt: Receipt) => void;
  /** Deliveries before now may have been forgotten, or may be made again. */
  readonly onLoss: () => void;
};

export type Pull = {
  /** More may be wanted than before. */
  poke(): void;
  /** Resolves when nothing more can come. */
  stop(): Promise<void>;
};

export function startPull(connection: Connection, workflow: string, { wanted, taken, onLoss }: PullParts): Pull {
  let stopped = false;
  let pause: NodeJS.Timeout | undefined;
  let consumerSeq = 0;
  let complainedAtMs = 0;
  const consumer = createPullConsumer(connection.nc, nextRuns(workflow), {
    inbox: createInbox(inboxPrefix(workflow)),
    listener: { message, ended },
  });
  const stopListening = connection.onChange((online) => {
    consumer.forget();
    if (online) poke();
    else onLoss();
  });

  return {
    poke,
    async stop() {
      stopped = true;
      clearTimeout(pause);
      stopListening();
      await consumer.stop();
    },
  };

  function poke(): void {
    if (stopped || pause !== undefined || !connection.online || consumer.outstanding > 0) return;
    const batch = wanted();
    if (batch > 0) consumer.request(batch, requestBytesMax);
  }

  function message(msg: Msg): void {
    const receipt = parseReceipt(msg.reply);
    if (receipt === null) {
      log.error("a message came that cannot be acknowledged", { subject: msg.subject });
      return;
    }
    // The consumer counts its deliveries anew: it was removed and made again, or the server has forgotten the last ones.
    if (receipt.consumerSeq <= consumerSeq) onLoss();
    consumerSeq = receipt.consumerSeq;
    taken(msg, receipt);
  }

  function ended(end: PullEnd, reason: string): void {
    switch (end) {
      case "satisfied":
      case "expired":
        poke();
        return;
      case "silent":
      case "absent":
        onLoss();
        rest(end, reason);
        return;
      case "refused":
        rest(end, reason);
    }
  }

  function rest(end: PullEnd, reason: string): void {
    if (stopped) return;
    const nowMs = Date.now();
    if (nowMs - complainedAtMs >= complainEveryMs) {
      complainedAtMs = nowMs;
      log.warn("no runs can be asked for just now", { why: end, reason });
    }
    pause ??= setTimeout(() => {
      pause = undefined;
      poke();
    }, pauseMs);
  }
}
