// Questions about the event stream, answered by the index in its own thread.
//
//   Q1. An answer knows every event that this controller has accepted before the question (read your own writes).
//   Q2. It knows everything that the stream held when the thread began to read, also while an index is built again: until then
//       questions wait, and fail with a reason that says how far it is.
//   Q3. The thread is started again when it dies; questions that it took with it fail with a reason. What it keeps dying of is
//       passed over (index-deaths.ts).
//   Q4. A question whose asker has gone is given up. When this stops, all that wait fail at once.
import { Worker } from "node:worker_threads";
import type { ConnectionTarget } from "../../bus/connection.ts";
import type { Skipped } from "./index-adding.ts";
import { createDeaths } from "./index-deaths.ts";
import type { Rebuilt } from "./index-feed.ts";
import type { IndexAnswer, IndexRequest, IndexWorkerData } from "./index-worker.ts";
import { PageTooLarge } from "./page.ts";
import { type Answers, type EventPage, type EventQuery, type IndexStatus, type Question, asItIs } from "./questions.ts";

/** Questions that may wait for the thread at once; the next one is refused. */
const questionsWaitingMax = 1_000;
const restartWaitMs = 1_000;
/** After that the thread is ended wherever it is. Its file is none the worse: it is as after a kill. */
const stopWaitMs = 2_000;
/** The thread's memory is part of every idle controller: new objects get little room, and its code comes from the cache. */
const resourceLimits = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 };
const workerUrl = new URL("./index-worker.ts", import.meta.url).href;
const workerCode = `require("node:module").enableCompileCache(); import(${JSON.stringify(workerUrl)});`;

export type EventIndex = {
  /**
   * `passed`: the index must have seen this stream sequence first. `gone`: whoever asks does not
   * wait any more. Rejects with IndexUnavailable or PageTooLarge.
   */
  ask<Q extends Question>(
    question: Q,
    given: Parameters<Answers[Q]>,
    passed: number,
    gone?: AbortSignal,
  ): Promise<ReturnType<Answers[Q]>>;
  query(query: EventQuery, passed: number, gone?: AbortSignal): Promise<EventPage>;
  /** Why it cannot be asked, or may not be soon; null: it is well. */
  problem(): string | null;
  /** At once, whatever the index is at. */
  status(): Promise<IndexStatus>;
  /**
   * Throws away what is indexed and reads the stream anew. Resolves with the state of the new index when that has begun; one
   * that is being built already is not begun again.
   */
  rebuild(): Promise<IndexStatus>;
  stop(): Promise<void>;
};

/** Why a question has no answer now; the same question may succeed later. */
export class IndexUnavailable extends Error {}

const hasEnded = "the event index has ended; it is started again";
const nobodyWaits = "nobody waits for the answer any more";

type Waiting = { readonly resolve: (answer: unknown) => void; readonly reject: (error: Error) => void };

export async function startEventIndex(options: {
  target: ConnectionTarget;
  path: string;
  onDeath: (error: Error) => void;
  onRebuilt?: (rebuilt: Rebuilt) => void;
  /** The file could not be used; the index is built again. */
  onDropped?: (reason: string) => void;
  /** A message of the stream cannot be indexed; no answer will know it. */
  onSkipped?: (skipped: Skipped) => void;
  /** Threads have died of this message of the stream; the next ones leave it out. */
  onPassedOver?: (sequence: number) => void;
}): Promise<EventIndex> {
  const waiting = new Map<number, Waiting>();
  const deaths = createDeaths(() => Date.now());
  const adding = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
  let stopping = false;
  let alive = false;
  let started = false;
  let count = 0;
  let worker: Worker;
  await spawnWorker();
  started = true;

  return {
    ask: (question, given, passed, gone) => ask(question, given, passed, gone),
    query: (query, passed, gone) => ask("eventPage", [query], passed, gone),
    problem: () => deaths.problem() ?? (alive ? null : hasEnded),
    status: () => ask("indexed", [], asItIs),
    rebuild: async () => (await request((id) => ({ kind: "rebuild", id }))) as IndexStatus,
    async stop() {
      stopping = true;
      if (!alive) return;
      const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      worker.postMessage({ kind: "stop" } satisfies IndexRequest);
      failAll("the controller is stopping");
      const late = setTimeout(() => void worker.terminate(), stopWaitMs);
      await ended;
      clearTimeout(late);
    },
  };

  async function ask<Q extends Question>(
    question: Q,
    given: Parameters<Answers[Q]>,
    passed: number,
    gone?: AbortSignal,
  ): Promise<ReturnType<Answers[Q]>> {
    // How the index is can be told also when it holds up everybody else.
    if (waiting.size >= questionsWaitingMax && passed !== asItIs)
      throw new IndexUnavailable(`${questionsWaitingMax} questions wait already`);
    const askedAtMs = Date.now();
    const answer = await request((id) => ({ kind: "ask", asked: { id, question, given, passed, askedAtMs } }), gone);
    return answer as ReturnType<Answers[Q]>;
  }

  async function request(requestOf: (id: number) => IndexRequest, gone?: AbortSignal): Promise<unknown> {
    // A thread that has ended would take the question and never answer it.
    if (!alive || stopping) throw new IndexUnavailable(hasEnded);
    if (gone?.aborted) throw new IndexUnavailable(nobodyWaits);
    const id = count++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    waiting.set(id, { resolve, reject });
    worker.postMessage(requestOf(id));
    const giveUp = (): void => {
      if (!waiting.delete(id)) return;
      worker.postMessage({ kind: "cancel", id } satisfies IndexRequest);
      reject(new IndexUnavailable(nobodyWaits));
    };
    gone?.addEventListener("abort", giveUp, { once: true });
    try {
      return await promise;
    } finally {
      gone?.removeEventListener("abort", giveUp);
    }
  }

  async function spawnWorker(): Promise<void> {
    const { target, path } = options;
    const { isCareful, passedOver } = deaths;
    adding[0] = 0;
    const data: IndexWorkerData = { target, path, adding, isCareful, passedOver };
    const next = new Worker(workerCode, { eval: true, workerData: data, resourceLimits });
    const ready = Promise.withResolvers<void>();
    next.on("message", (answer: IndexAnswer) => {
      if (answer.kind === "ready") return ready.resolve();
      if (answer.kind === "rebuilt") return options.onRebuilt?.(answer.rebuilt);
      if (answer.kind === "dropped") return options.onDropped?.(answer.reason);
      if (answer.kind === "skipped") return options.onSkipped?.(answer.skipped);
      settle(answer);
    });
    next.once("error", (error) => {
      ready.reject(error);
      options.onDeath(error as Error);
      const sequence = deaths.died(error as Error, adding[0] || null);
      if (sequence !== null) options.onPassedOver?.(sequence);
    });
    next.once("exit", () => {
      alive = false;
      failAll("the event index ended");
      ready.reject(new Error("the event index ended at its start"));
      // Whoever waits for the first one hears that it failed, and decides.
      if (started && !stopping) setTimeout(() => void restart(), restartWaitMs).unref();
    });
    await ready.promise;
    worker = next;
    alive = true;
    if (stopping) next.postMessage({ kind: "stop" } satisfies IndexRequest);
  }

  async function restart(): Promise<void> {
    // One that cannot start is started again when it has ended.
    if (!stopping) await spawnWorker().catch(() => null);
  }

  function settle(answer: Extract<IndexAnswer, { id: number }>): void {
    const entry = waiting.get(answer.id);
    waiting.delete(answer.id);
    switch (answer.kind) {
      case "answer":
        return entry?.resolve(answer.answer);
      case "too-large":
        return entry?.reject(new PageTooLarge());
      case "failed":
        return entry?.reject(new IndexUnavailable(answer.reason));
    }
  }

  function failAll(reason: string): void {
    for (const { reject } of waiting.values()) reject(new IndexUnavailable(reason));
    waiting.clear();
  }
}
