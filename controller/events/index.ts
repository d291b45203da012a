// Questions about the event stream, answered by the index in its own thread.
//
//   Q1. An answer knows every event that this controller has accepted before the question (read your own writes).
//   Q2. The thread is started again when it dies; questions that it took with it fail with a reason.
import { Worker } from "node:worker_threads";
import type { ConnectionTarget } from "../../bus/connection.ts";
import type { IndexAnswer, IndexRequest, IndexWorkerData, Rebuilt } from "./index-worker.ts";
import { PageTooLarge } from "./page.ts";
import type { Answers, EventPage, EventQuery, Question } from "./questions.ts";

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
}): Promise<EventIndex> {
  const waiting = new Map<number, Waiting>();
  let stopping = false;
  let alive = false;
  let count = 0;
  let worker = await spawnWorker();

  return {
    ask: (question, given, passed) => ask(question, given, passed),
    query: (query, passed) => ask("eventPage", [query], passed),
    async stop() {
      stopping = true;
      if (!alive) return;
      const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      worker.postMessage({ kind: "stop" } satisfies IndexRequest);
      await ended;
      failAll("the controller is stopping");
    },
  };

  function ask<Q extends Question>(
    question: Q,
    given: Parameters<Answers[Q]>,
    passed: number,
  ): Promise<ReturnType<Answers[Q]>> {
    // A thread that has ended would take the question and never answer it.
    if (!alive) return Promise.reject(new IndexUnavailable("the event index has ended; it is started again"));
    if (waiting.size >= questionsWaitingMax)
      return Promise.reject(new IndexUnavailable(`${questionsWaitingMax} questions wait already`));
    const id = count++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    waiting.set(id, { resolve, reject });
    worker.postMessage({ kind: "ask", asked: { id, question, given, passed } } satisfies IndexRequest);
    return promise as Promise<ReturnType<Answers[Q]>>;
  }

  async function spawnWorker(): Promise<Worker> {
    const data: IndexWorkerData = { target: options.target, path: options.path };
    const next = new Worker(workerCode, { eval: true, workerData: data, resourceLimits });
    const ready = Promise.withResolvers<void>();
    next.on("message", (answer: IndexAnswer) => {
      if (answer.kind === "ready") return ready.resolve();
      if (answer.kind === "rebuilt") return options.onRebuilt?.(answer.rebuilt);
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
      if (!stopping) setTimeout(() => void restart(), restartWaitMs).unref();
    });
    await ready.promise;
    alive = true;
    if (stopping) next.postMessage({ kind: "stop" } satisfies IndexRequest);
    return next;
  }

  async function restart(): Promise<void> {
    if (!stopping) worker = await spawnWorker().catch(() => worker);
  }

  function settle(answer: Exclude<IndexAnswer, { kind: "ready" | "rebuilt" }>): void {
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
