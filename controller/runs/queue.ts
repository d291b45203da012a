// The work queue of every workflow: JetStream's stream RUNS, with one durable consumer for each workflow that has or lately had work.
//
//   Q1. Each run has a subject of its own and is stored only while that is free, under a message id that follows from the run: it
//       is in the queue once, however often and by however many controllers it is queued.
//   Q2. Message and `queued` event are stored at the same time, in no order. A crash between leaves one of them; whoever queues
//       the run again (its event is delivered again) completes it.
//   Q3. A publish without an answer may have been stored, and the run may have been taken and ended since: before it is
//       repeated, it is asked whether the run is known, as the server's own memory of message ids does not outlive its restart.
//   Q4. One workflow has at most runsPerWorkflowMax runs and its share of the stream (room.ts). What is over that is a dead letter.
import type { NatsConnection } from "@nats-io/nats-core";
import { type Publisher, PublishError } from "../../bus/publisher.ts";
import type { QueuedRun } from "../../bus/run-message.ts";
import { runSubject } from "../../bus/subjects.ts";
import type { AppendEvent } from "../events/append.ts";
import type { RunHistory } from "./history.ts";
import { createKnownRuns } from "./known-runs.ts";
import { type Place, createQueueWork } from "./queue-work.ts";
import { storedBytes } from "./room.ts";
import { createRunConsumers, workIn } from "./run-consumers.ts";
import { deadEvent, queuedEvent } from "./run-events.ts";
import { createWaitingRuns } from "./waiting-runs.ts";
import { type Present, withdraw, withdrawAll } from "./withdrawal.ts";

/** A publish without an answer is repeated for this long; then whoever queues the run tries again. */
const giveUpAfterMs = 30_000;
const repeatWaitMs = 200;

/**
 * `queued`: it is in the queue and its event is stored. `known`: it was there already, or has been there. `full`: the workflow's
 * queue takes no more; the run is a dead letter.
 */
export type Enqueued = "queued" | "known" | "full";

export type RunQueue = {
  /** Resolves when run and event are durable. `checked`: the history may know the run already, so it is asked first. */
  enqueue(run: QueuedRun, options: { readonly checked: boolean }): Promise<Enqueued>;
  /** Runs that wait or are under way, as far as known here; 0 when there are none. */
  depth(workflow: string): number;
  /** When the workflow was last seen with work; null: not since this controller started. */
  lastWorkAtMs(workflow: string): number | null;
  /** Calls back when a workflow that had no work has some, and at once for those that have some. */
  onWork(listener: (workflow: string) => void): void;
  /** Makes the consumer; an agent can take runs from then on. Repeatable. */
  prepare(workflow: string, limits: { readonly underWayMax: number }): Promise<void>;
  /**
   * Asks the server how much work the workflows that had some have now, and returns those of them whose consumer is gone. Rejects
   * when it, or the history, cannot be asked.
   */
  refresh(): Promise<readonly string[]>;
  /** Makes a consumer that is gone again. Not while an agent is at work: what it took from the old one would be given to another. */
  restore(workflow: string, limits: { readonly underWayMax: number }): Promise<void>;
  /** Removes the consumer of a workflow without work and without an agent that asks for some; true when it is gone. */
  release(workflow: string): Promise<boolean>;
  /** Takes a run that waits out of the queue and reports it as stopped; false when it is not there or under way. */
  withdraw(workflow: string, run: string, reason: string): Promise<boolean>;
  /**
   * For a workflow that is gone, and whose agents were stopped: reports all its runs as stopped and removes its consumer. One that was
   * created anew under the name keeps its consumer, whose agents do the same, and its runs.
   */
  clear(workflow: string, reason: string): Promise<void>;
};

export type QueueParts = {
  readonly nc: NatsConnection;
  readonly publisher: Publisher;
  readonly append: AppendEvent;
  readonly history: Pick<RunHistory, "run" | "runsById" | "streamEnd">;
  readonly present: Present;
  /** Of the whole stream. */
  readonly runsBytesMax: number;
  readonly now: () => Date;
};

/** Knows of no work that others queued until `refresh` was called once. */
export function createRunQueue(parts: QueueParts): RunQueue {
  const { nc, publisher, append, history, present, now } = parts;
  const waiting = createWaitingRuns(nc);
  const consumers = createRunConsumers(nc);
  const look = createKnownRuns(waiting, history);
  const work = createQueueWork({
    nc,
    publisher,
    waiting,
    consumers,
    history,
    bytesMax: parts.runsBytesMax,
    nowMs: () => now().getTime(),
  });
  const { backlog } = work;
  const withdrawal = { nc, waiting, consumers, history, append, present, now };

  return {
    enqueue,
    depth: (workflow) => backlog.depth(workflow),
    lastWorkAtMs: (workflow) => backlog.lastWorkAtMs(workflow),
    onWork: (listener) => backlog.onWork(listener),
    async prepare(workflow, limits) {
      const counted = backlog.counting(workflow);
      counted(workIn(await consumers.prepare(workflow, limits)));
    },
    refresh: () => work.refresh(),
    restore: (workflow, limits) => work.restore(workflow, limits),
    release: (workflow) => consumers.release(workflow),
    async withdraw(workflow, run, reason) {
      const gone = await withdraw(withdrawal, workflow, run, reason);
      if (gone) backlog.removed(workflow);
      return gone;
    },
    async clear(workflow, reason) {
      const counted = backlog.counting(workflow);
      const kept = await withdrawAll(withdrawal, workflow, reason);
      if (kept !== null) counted(kept);
    },
  };

  async function enqueue(run: QueuedRun, { checked }: { readonly checked: boolean }): Promise<Enqueued> {
    const deadlineMs = Date.now() + giveUpAfterMs;
    for (let ask = checked; ; ask = true) {
      try {
        return (ask ? await completed(run) : null) ?? (await put(run));
      } catch (error) {
        const repeatable = error instanceof PublishError && error.code === "unanswered";
        if (!repeatable || Date.now() > deadlineMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, repeatWaitMs));
      }
    }
  }

  /** Completes what is known of a run that was queued before; null when it was not. */
  async function completed(run: QueuedRun): Promise<Enqueued | null> {
    const known = await look(run);
    switch (known.kind) {
      case "new":
        return null;
      case "waiting":
        if (!known.told) await append(queuedEvent(run));
        return "known";
      case "over":
        return "known";
    }
  }

  async function put(run: QueuedRun): Promise<Enqueued> {
    const payload = JSON.stringify(run);
    const place = await work.reserve(run.workflow, storedBytes(run, payload));
    if (place.kind === "full") return dead(run, place.reason);
    const [stored] = await Promise.all([storeAt(place, run, payload), append(queuedEvent(run))]);
    return stored === "full" ? dead(run, "the queue of all workflows is full") : stored;
  }

  async function dead(run: QueuedRun, reason: string): Promise<Enqueued> {
    await append(deadEvent(run, reason, now()));
    return "full";
  }

  async function storeAt(place: Place & { kind: "free" }, run: QueuedRun, payload: string): Promise<Enqueued> {
    let stored: Enqueued | null = null;
    try {
      stored = await store(run, payload);
      return stored;
    } finally {
      place.settle(stored === "queued");
    }
  }

  async function store(run: QueuedRun, payload: string): Promise<Enqueued> {
    const subject = runSubject(run.workflow, run.id);
    try {
      const { duplicate } = await publisher.publish(subject, payload, messageId(run), { onlyIfAbsent: true });
      return duplicate ? "known" : "queued";
    } catch (error) {
      if (!(error instanceof PublishError)) throw error;
      if (error.code === "full") return "full";
      if (error.code !== "exists") throw error;
      return (await removedFormer(run)) ? store(run, payload) : "known";
    }
  }

  /** A run that is given again may find the message of its former life, brought back by a server that was killed. */
  async function removedFormer(run: QueuedRun): Promise<boolean> {
    if (run.attemptsBefore === 0) return false;
    const held = await waiting.find(run.workflow, run.id);
    if (held === null) return true;
    return held.run.attemptsBefore < run.attemptsBefore && (await waiting.remove(held.seq), true);
  }
}

function messageId({ id, attemptsBefore }: QueuedRun): string {
  return attemptsBefore === 0 ? id : `${id}.${attemptsBefore}`;
}
