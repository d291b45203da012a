// Ends of runs on their way into the event stream and, behind them, the acknowledgements of their messages.
//
//   T1. First the event of how a run ended is durable, then its message is acknowledged or given back: an agent that dies between
//       the two leaves a run whose end the history knows.
//   T2. Events of one run are stored in their order: a start that could not be stored at once is left out when there is an end.
//   T3. Neither event nor acknowledgement is given up while the connection lives. unsettledMax bounds how many are under way.
import { createInbox } from "@nats-io/nats-core";
import { createAcknowledger } from "../bus/acknowledger.ts";
import { again, done } from "../bus/delivery-receipt.ts";
import { inboxPrefix } from "../bus/subjects.ts";
import type { RunReport } from "../model/run.ts";
import type { Connection } from "./connection.ts";
import { type Message, deliver } from "./delivery.ts";
import type { Held, KeepAlive } from "./keep-alive.ts";
import { log } from "./log.ts";
import { runMessage } from "./queue-report.ts";

const unsettledMax = 1_000;
const retryWaitMs = 500;
/** An acknowledgement for which no consumer is there is given up then: the history knows the end, whoever gets the run again. */
const absentMaxMs = 60_000;
const changeWaitMaxMs = 60_000;

/** Releasing a run: it is over, given again after `delayMs`, or has been given to somebody else already. */
export type Settling =
  | { readonly kind: "over" }
  | { readonly kind: "again"; readonly delayMs: number }
  | { readonly kind: "elsewhere" };

export type Settlement = {
  /** Whether another run may be started. */
  readonly hasRoom: boolean;
  /** Hands over the event of a start; returns how to say that the run has ended. */
  begin(started: RunReport): () => void;
  /** Stores the event of an end, then settles the message. */
  conclude(held: Held, ended: RunReport, settling: Settling): void;
  /** Acknowledges a message about whose end there is an event already. */
  acknowledge(held: Held): void;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
  close(): void;
};

/** `onRoom` is called when there is room again after there was none. */
export function createSettlement(
  connection: Connection,
  workflow: string,
  { keepAlive, onRoom }: { keepAlive: KeepAlive; onRoom: () => void },
): Settlement {
  const acknowledger = createAcknowledger(connection.nc, createInbox(inboxPrefix(workflow)));
  let idle = Promise.withResolvers<void>();
  let unsettled = 0;

  return {
    get hasRoom() {
      return unsettled < unsettledMax;
    },
    begin(started) {
      let hasEnded = false;
      void storeStart(runMessage(started), () => hasEnded);
      return () => (hasEnded = true);
    },
    conclude: (held, ended, settling) => track(conclude(held, runMessage(ended), settling)),
    acknowledge: (held) => track(acknowledge(held)),
    idle: () => (unsettled === 0 ? Promise.resolve() : idle.promise),
    close: () => acknowledger.close(),
  };

  function track(work: Promise<void>): void {
    unsettled += 1;
    void work.finally(() => {
      unsettled -= 1;
      if (unsettled === unsettledMax - 1) onRoom();
      if (unsettled > 0) return;
      idle.resolve();
      idle = Promise.withResolvers();
    });
  }

  async function storeStart(message: Message, hasEnded: () => boolean): Promise<void> {
    while (!hasEnded() && !connection.nc.isClosed()) {
      // Once only, as an end may have come by the next time.
      if ((await deliver(connection, message, 0)).kind === "stored") return;
      await connection.change(connection.online ? retryWaitMs : changeWaitMaxMs);
    }
  }

  async function conclude(held: Held, message: Message, settling: Settling): Promise<void> {
    while (!(await isStored(message))) {
      if (connection.nc.isClosed()) return;
      await connection.change(retryWaitMs);
    }
    switch (settling.kind) {
      case "over":
        return acknowledge(held);
      case "again":
        return keepAlive.giveBack(held, again(settling.delayMs));
      case "elsewhere":
        return keepAlive.release(held);
    }
  }

  async function isStored(message: Message): Promise<boolean> {
    const delivery = await deliver(connection, message, Number.POSITIVE_INFINITY);
    if (delivery.kind === "stored") return true;
    log.warn("the end of a run cannot be stored", { event: message.id, reason: delivery.reason });
    return false;
  }

  async function acknowledge(held: Held): Promise<void> {
    const untilMs = Date.now() + absentMaxMs;
    for (;;) {
      if (connection.nc.isClosed()) return;
      const answer = connection.online ? await acknowledger.confirm(held.receipt.ackSubject, done) : "unanswered";
      if (answer === "confirmed" || (answer === "nobody" && Date.now() >= untilMs)) break;
      await connection.change(connection.online ? retryWaitMs : changeWaitMaxMs);
    }
    keepAlive.release(held);
  }
}
