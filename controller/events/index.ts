// Questions about the event stream, answered by the index in its own thread.
//
//   Q1. An answer knows every event that this controller has accepted before the question (read your own writes).
//   Q2. It knows everything that the stream held when the thread began to read, also while an index is built again: until then
//       questions wait, and fail with a reason that says how far it is.
//   Q3. The thread is started again when it dies; questions that it took with it fail with a reason.
import { Worker } from "node:worker_threads";
import type { ConnectionTarget } from "../../bus/connection.ts";
import type { Skipped } from "./index-adding.ts";
import type { Rebuilt } from "./index-feed.ts";
import type { IndexAnswer, IndexRequest, IndexWorkerData } from "./index-worker.ts";
import { PageTooLarge } from "./page.ts";
import { type Answers, type EventPage, type EventQuery, type IndexStatus, type Question, asItIs } from "./questions.ts";

/** Questions that may wait for the thread at once; the next one is refused. */
const questionsWaitingMax = 1_000;
const restartWaitMs = 1_000;
/** The thread's memory is part of every idle controller: new objects get little room, and its code comes from the cache. */
const resourceLimits = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 };
const workerUrl = new URL("./index-worker.ts", import.meta.url).href;
const workerCode = `require("node:module").enableCompileCache(); import(${JSON.stringify(workerUrl)});`;

export type EventIndex = {
  /** `passed`: the index must have seen this stream sequence first. Rejects with IndexUnavailable or PageTooLarge. */
  ask<Q extends Question>(question: Q, given: Parameters<Answers[Q]>, passed: number): Promise<ReturnType<Answers[Q]>>;
  query(query: EventQuery, passed: number): Promise<EventPage>;
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
}): Promise<EventIndex> {
  const waiting = new Map<number, Waiting>();
  let stopping = false;
  let alive = false;
  let started = false;
  let count = 0;
  let worker = await spawnWorker();
  started = true;

  return {
    ask: (question, given, passed) => ask(question, given, passed),
    query: (query, passed) => ask("eventPage", [query], passed),
    status: () => ask("indexed", [], asItIs),
    rebuild: async () => (await request((id) => ({ kind: "rebuild", id }))) as IndexStatus,
    async stop() {
      stopping = true;
      if (!alive) return;
      const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      worker.postMessage({ kind: "stop" } satisfies IndexRequest);
      await ended;
      failAll("the controller is stopping");
    },
  };

  async function ask<Q extends Question>(
    question: Q,
    given: Parameters<Answers[Q]>,
    passed: number,
  ): Promise<ReturnType<Answers[Q]>> {
    // How the index is can be told also when it holds up everybody else.
    if (waiting.size >= questionsWaitingMax && passed !== asItIs)
      throw new IndexUnavailable(`${questionsWaitingMax} questions wait already`);
    const answer = await request((id) => ({ kind: "ask", asked: { id, question, given, passed } }));
    return answer as ReturnType<Answers[Q]>;
  }

  function request(requestOf: (id: number) => IndexRequest): Promise<unknown> {
    // A thread that has ended would take the question and never answer it.
    if (!alive) return Promise.reject(new IndexUnavailable("the event index has ended; it is started again"));
    const id = count++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    waiting.set(id, { resolve, reject });
    worker.postMessage(requestOf(id));
    return promise;
  }

  async function spawnWorker(): Promise<Worker> {
    const data: IndexWorkerData = { target: options.target, path: options.path };
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
    });
    next.once("exit", () => {
      alive = false;
      failAll("the event index ended");
      ready.reject(new Error("the event index ended at its start"));
      // Whoever waits for the first one hears that it failed, and decides.
      if (started && !stopping) setTimeout(() => void restart(), restartWaitMs).unref();
    });
    await ready.promise;
    alive = true;
    if (stopping) next.postMessage({ kind: "stop" } satisfies IndexRequest);
    return next;
  }

  async function restart(): Promise<void> {
    if (!stopping) worker = await spawnWorker().catch(() => worker);
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
