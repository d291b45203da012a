// The deliveries that this agent holds, and the signs of life by which JetStream leaves them here.
//
//   H1. One timer says "still at it" of everything held, well within the time after which JetStream delivers again; and at once
//       when NATS is back.
//   H2. A message that is held and comes again is not a second run: its newer delivery takes the place of the older one.
//   H3. An agent that stood still for longer than JetStream waits (its container was paused, its host slept) is told so when it goes
//       on: what it held is somebody else's by now.
//   H4. What is released hears no further sign of life, so that a delay asked of the server is kept.
import { type Receipt, working } from "../bus/delivery-receipt.ts";
import type { Connection } from "./connection.ts";

/** JetStream waits 10 s for a sign of life; two may be lost. */
const signEveryMs = 3_000;
const deliveryMsMax = 10_000;

/** One delivery in the hands of this agent. */
export type Held = { receipt: Receipt };

export type KeepAlive = {
  hold(receipt: Receipt): Held;
  /** True when the message is held already; its newer delivery counts from now on. */
  adopt(receipt: Receipt): boolean;
  release(held: Held): void;
  /** Answers the delivery and releases it, without waiting for a confirmation. */
  giveBack(held: Held, word: string): void;
  stop(): void;
};

export type KeepAliveParts = {
  /** Called each time that the timer fires. */
  readonly onSign: () => void;
  /** Called when it fires so late that no sign of life can have come in time. */
  readonly onStoodStill: () => void;
  /** A steady clock. */
  readonly steadyMs?: () => number;
};

export function createKeepAlive(
  connection: Connection,
  { onSign, onStoodStill, steadyMs = () => performance.now() }: KeepAliveParts,
): KeepAlive {
  const bySequence = new Map<number, Held>();
  let firedMs = steadyMs();
  const stopListening = connection.onChange((online) => online && sign());
  const timer = setInterval(() => {
    const stoodStill = steadyMs() - firedMs >= deliveryMsMax;
    firedMs = steadyMs();
    if (stoodStill) onStoodStill();
    sign();
    onSign();
  }, signEveryMs);

  return {
    hold(receipt) {
      const held = { receipt };
      bySequence.set(receipt.streamSeq, held);
      return held;
    },
    adopt(receipt) {
      const held = bySequence.get(receipt.streamSeq);
      if (held) held.receipt = receipt;
      return held !== undefined;
    },
    release,
    giveBack(held, word) {
      release(held);
      if (connection.online && !connection.nc.isClosed()) connection.nc.publish(held.receipt.ackSubject, word);
    },
    stop() {
      clearInterval(timer);
      stopListening();
    },
  };

  function release(held: Held): void {
    const { streamSeq } = held.receipt;
    if (bySequence.get(streamSeq) === held) bySequence.delete(streamSeq);
  }

  function sign(): void {
    if (!connection.online || connection.nc.isClosed()) return;
    for (const { receipt } of bySequence.values()) connection.nc.publish(receipt.ackSubject, working);
  }
}
