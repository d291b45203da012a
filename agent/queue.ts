// Takes runs from the workflow's queue and decides about each before it is started.
//
//   Y1. At most `concurrency` runs are under way. Short ones are fetched ahead, so that the next does not cost a trip.
//   Y2. A run about which there is any doubt is started only after the history was asked (I2).
//   Y3. Draining takes nothing more and gives back what has not begun; stopping gives back what is under way as well.
//   Y4. What waits here when deliveries can no longer be relied on is dropped: it comes again, and is asked about then.
import type { Msg } from "@nats-io/nats-core";
import type { Assignment, QueueWork } from "../bus/assignment.ts";
import { type Receipt, again, unusable } from "../bus/delivery-receipt.ts";
import type { QueuedRun } from "../bus/run-message.ts";
import { type Footing, beforeAttempt, isDoubtful } from "./attempt.ts";
import { createCancelled } from "./cancelled.ts";
import type { Clock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { type Held, createKeepAlive } from "./keep-alive.ts";
import { log } from "./log.ts";
import { createPace } from "./pace.ts";
import type { PastRun } from "./past-run.ts";
import { startPull } from "./pull.ts";
import { createQuestions } from "./queue-questions.ts";
import { deadReport, stoppedReport, waitingReport } from "./queue-report.ts";
import { addresseeOf, parseQueuedRun } from "./queued-run.ts";
import { createSettlement } from "./settlement.ts";
import type { Status } from "./status.ts";
import { type Execute, type Ready, createUnderWay } from "./under-way.ts";

/** A run that has waited here for so long may be another instance's sooner. */
const waitingMaxMs = 3_000;
/** Agents of a workflow that was deleted are ended soon. */
const leaveToOthersMs = 1_000;

export type QueueParts = {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly status: Status;
  readonly execute: Execute;
};

export type Queue = {
  /** Resolves when nothing is under way and nothing more will be, with why. Not before everything is settled, unless stopped. */
  readonly ended: Promise<string>;
  drain(reason: string): void;
  /** Ends a run that is here, as stopped; it is not given again. */
  cancel(run: string, reason: string): void;
  /** Resolves when everything is stored and acknowledged. */
  settled(): Promise<void>;
  close(): void;
};

/** In doubt: the history is being asked. `cancelled`: why it must not be started whatever the answer is. */
type Asked = { readonly held: Held; readonly run: QueuedRun; cancelled: string | null };

export function startQueue(
  assignment: Assignment,
  work: QueueWork,
  { connection, clock, status, execute }: QueueParts,
  signal: AbortSignal,
): Queue {
  const { workflow, instance } = assignment;
  const ended = Promise.withResolvers<string>();
  const pace = createPace();
  const keepAlive = createKeepAlive(connection, { onSign: giveBackStalled, onStoodStill });
  const settlement = createSettlement(connection, workflow, { keepAlive, onRoom: () => fill() });
  const questions = createQuestions(connection, workflow, signal);
  const underWay = createUnderWay(assignment, work, { clock, status, settlement, execute, onFree });
  const cancelled = createCancelled(() => clock.now());
  const asked = new Set<Asked>();
  let ready: (Ready & { readonly sinceMs: number })[] = [];
  let footing: Footing = { sinceMs: clock.now(), wasAway: connection.hadToWait };
  let used = false;
  let closing: string | null = null;
  const pull = startPull(connection, workflow, { wanted, taken, onLoss });

  signal.addEventListener("abort", () => void stop(String(signal.reason)), { once: true });
  pull.poke();

  return {
    ended: ended.promise,
    drain(reason) {
      if (closing !== null) return;
      status.draining();
      void finish(reason);
    },
    cancel,
    settled: () => settlement.idle(),
    close() {
      keepAlive.stop();
      settlement.close();
    },
  };

  function wanted(): number {
    if (closing !== null || !settlement.hasRoom) return 0;
    const waiting = asked.size + ready.length;
    if (work.singleUse) return used || waiting > 0 ? 0 : 1;
    const free = work.concurrency - underWay.count;
    // A store that is still half full is not worth a request of its own.
    return waiting > free + pace.prefetch / 2 ? 0 : Math.max(0, free + pace.prefetch - waiting);
  }

  function taken(msg: Msg, receipt: Receipt): void {
    if (keepAlive.adopt(receipt)) return;
    const held = keepAlive.hold(receipt);
    const run = parseQueuedRun(msg.data);
    if (run === null) {
      log.error("a message of the queue is not a run", { subject: msg.subject, streamSeq: receipt.streamSeq });
      keepAlive.giveBack(held, unusable);
    } else if (closing !== null || addresseeOf(run, work) === "later") {
      keepAlive.giveBack(held, again(closing === null ? leaveToOthersMs : 0));
    } else if (isDoubtful(receipt, footing)) {
      const one: Asked = { held, run, cancelled: null };
      asked.add(one);
      questions.ask(run.id, (record) => answered(one, record));
    } else {
      begin({ held, run, attempt: run.attemptsBefore + 1, failures: 0 });
    }
  }

  function answered(one: Asked, record: PastRun | null): void {
    // It was dropped or given back meanwhile.
    if (!asked.delete(one)) return;
    const { held, run } = one;
    const nowMs = clock.now();
    const beginning = beforeAttempt(run, record, { delivered: held.receipt, instance, footing, nowMs });
    switch (beginning.kind) {
      case "over":
        settlement.acknowledge(held);
        break;
      case "elsewhere":
        keepAlive.release(held);
        break;
      case "early":
        keepAlive.giveBack(held, again(beginning.delayMs));
        break;
      case "dead": {
        const report = waitingReport(assignment, run, beginning.attempt);
        settlement.conclude(held, deadReport(report, beginning.reason, null, nowMs), { kind: "over" });
        break;
      }
      case "stopped":
        concludeUnstarted({ held, run, attempt: beginning.attempt }, beginning.reason);
        break;
      case "start": {
        const { attempt, failures } = beginning;
        if (one.cancelled === null) begin({ held, run, attempt, failures });
        else concludeUnstarted({ held, run, attempt }, one.cancelled);
      }
    }
    pull.poke();
  }

  function begin(one: Ready): void {
    const reason = whyNot(one);
    if (reason !== null) return concludeUnstarted(one, reason);
    ready.push({ ...one, sinceMs: clock.now() });
    fill();
  }

  /** Why a run shall not begin, or null. */
  function whyNot({ run, held }: Ready): string | null {
    if (addresseeOf(run, work) === "earlier") return "the workflow was deleted";
    return cancelled.reasonOf(run.id, held.receipt.storedAtMs);
  }

  /** Starts what there is a place for, and asks for more. */
  function fill(): void {
    while (hasPlace()) {
      const next = ready.shift();
      if (next === undefined) break;
      used = true;
      underWay.start(next);
    }
    pull.poke();
  }

  function hasPlace(): boolean {
    if (closing !== null || (work.singleUse && used)) return false;
    return settlement.hasRoom && underWay.count < work.concurrency;
  }

  function onFree(tookMs: number): void {
    pace.note(tookMs);
    if (work.singleUse) void finish("it has taken its one run");
    fill();
  }

  function cancel(run: string, reason: string): void {
    if (underWay.cancel(run, reason)) return;
    cancelled.add(run, reason);
    const waiting = ready.find((one) => one.run.id === run);
    if (waiting !== undefined) {
      ready = ready.filter((one) => one !== waiting);
      concludeUnstarted(waiting, reason);
    }
    for (const one of asked) if (one.run.id === run) one.cancelled = reason;
  }

  function concludeUnstarted({ held, run, attempt }: Omit<Ready, "failures">, reason: string): void {
    const report = waitingReport(assignment, run, attempt - 1);
    settlement.conclude(held, stoppedReport(report, reason, clock.now()), { kind: "over" });
    pull.poke();
  }

  /** Takes nothing more, and ends when everything that is under way has ended and is settled. */
  async function finish(reason: string): Promise<void> {
    if (closing !== null) return;
    closing = reason;
    giveBackWaiting();
    await pull.stop();
    await underWay.idle();
    await settlement.idle();
    ended.resolve(reason);
  }

  async function stop(reason: string): Promise<void> {
    closing ??= reason;
    giveBackWaiting();
    void pull.stop();
    underWay.stop(reason);
    await underWay.idle();
    ended.resolve(reason);
  }

  function giveBackWaiting(): void {
    for (const { held } of [...asked, ...ready]) keepAlive.giveBack(held, again(0));
    asked.clear();
    ready = [];
  }

  function giveBackStalled(): void {
    const [oldest] = ready;
    if (oldest === undefined || clock.now() - oldest.sinceMs < waitingMaxMs) return;
    pace.stall();
    for (const { held } of ready) keepAlive.giveBack(held, again(0));
    ready = [];
  }

  /** Whoever has these runs by now may be at work on them, so as little as possible of them happens here. */
  function onStoodStill(): void {
    underWay.abandon("this agent stood still for so long that the run was given to another");
    onLoss();
  }

  function onLoss(): void {
    footing = { sinceMs: clock.now(), wasAway: true };
    for (const { held } of [...asked, ...ready]) keepAlive.release(held);
    asked.clear();
    ready = [];
  }
}
