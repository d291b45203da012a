// The thread that keeps the event index: reads the stream in batches into SQLite and answers questions. A slow question or a
// flood of events therefore never holds up the controller's own thread.
//
//   X1. Events are taken in stream order, each once; what is indexed survives a restart, what is not is read again.
//   X2. A question is answered only after the index has passed the sequence that it names, or fails when that takes too long.
//      An answer knows all that has arrived here before it.
//   X3. Sequences that the stream has let go of are passed, too: nothing will ever come for them.
import {
  type ConsumerMessages,
  type JsMsg,
  type MsgRequest,
  DeliverPolicy,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type ConnectionTarget, connectNats } from "../../bus/connection.ts";
import { readingOptions } from "../../bus/reading.ts";
import { allEvents, controllerOwner, eventsStream, inboxPrefix, ownerOf } from "../../bus/subjects.ts";
import { fromCloudEvent } from "../../model/cloud-event.ts";
import { openIndexStore } from "./index-store.ts";
import { PageTooLarge } from "./page.ts";
import { type Asked, type IndexedEvent, answer } from "./questions.ts";

export type IndexWorkerData = { readonly target: ConnectionTarget; readonly path: string };
export type IndexRequest = { readonly kind: "ask"; readonly asked: Asked } | { readonly kind: "stop" };
export type IndexAnswer =
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly kind: "failed"; readonly id: number; readonly reason: string }
  | { readonly kind: "too-large"; readonly id: number }
  | { readonly kind: "ready" }
  | { readonly kind: "rebuilt"; readonly rebuilt: Rebuilt };
/** The index was empty, and has seen by now all that the stream held when the thread started. */
export type Rebuilt = { readonly events: number; readonly through: number; readonly tookMs: number };

/** Events are collected this long, until a batch is full, or until somebody asks; then they are written in one transaction. */
const batchWaitMs = 50;
const batchEventsMax = 1_000;
const behindWaitMs = 10_000;
const heldLookEveryMs = 100;
const forgetEveryMs = 60_000;
const connectTimeoutMs = 30_000;

if (parentPort) await serve(parentPort, workerData as IndexWorkerData);

async function serve(port: MessagePort, data: IndexWorkerData): Promise<void> {
  const nc = await connectNats(data.target, {
    name: "drover index",
    inboxPrefix: inboxPrefix(controllerOwner),
    timeoutMs: connectTimeoutMs,
  });
  const jsm = await jetstreamManager(nc);
  const { config, created, state: found } = await jsm.streams.info(eventsStream);
  const store = openIndexStore(data.path, `${config.name}@${created}`);
  const send = (said: IndexAnswer): void => port.postMessage(said);
  const held: { readonly asked: Asked; readonly deadlineMs: number }[] = [];
  let batch: IndexedEvent[] = [];
  let through = store.lastSequence;
  let flushTimer: NodeJS.Timeout | null = null;
  let lookingForGap = false;
  let rebuilding = store.lastSequence === 0 && found.last_seq > 0 ? { to: found.last_seq, sinceMs: Date.now() } : null;

  const messages = await readFrom(nc, store.lastSequence + 1, take);
  const forgetTimer = setInterval(() => void forget(), forgetEveryMs);
  const heldTimer = setInterval(lookAtHeld, heldLookEveryMs);
  port.on("message", (request: IndexRequest) => void handle(request));
  send({ kind: "ready" });

  function take(msg: JsMsg): void {
    const event = fromCloudEvent(msg.data, ownerOf(msg.subject));
    if (event) batch.push({ seq: msg.seq, event });
    through = msg.seq;
    if (batch.length >= batchEventsMax || held.some(({ asked }) => asked.passed <= through)) flushOrDie();
    else flushTimer ??= setTimeout(flush, batchWaitMs);
  }

  /** What is thrown inside the reader would end it in silence; thrown by itself it ends the thread, which is started again. */
  function flushOrDie(): void {
    try {
      flush();
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  }

  function flush(): void {
    if (flushTimer) clearTimeout(flushTimer);
    flushTimer = null;
    store.add(batch, through);
    batch = [];
    sayRebuilt();
    answerHeld();
  }

  function sayRebuilt(): void {
    if (rebuilding === null || store.lastSequence < rebuilding.to) return;
    const tookMs = Date.now() - rebuilding.sinceMs;
    rebuilding = null;
    send({ kind: "rebuilt", rebuilt: { events: store.events, through: store.lastSequence, tookMs } });
  }

  function lookAtHeld(): void {
    answerHeld();
    if (held.length > 0) void passGap();
  }

  function answerHeld(): void {
    for (const entry of held.splice(0)) {
      const { id, passed } = entry.asked;
      if (passed <= store.lastSequence) reply(entry.asked);
      else if (Date.now() < entry.deadlineMs) held.push(entry);
      else {
        const behind = passed - store.lastSequence;
        send({ kind: "failed", id, reason: `the event index is behind the stream by ${behind}` });
      }
    }
  }

  /** Passes sequences at the end of the stream whose messages are gone; those before them are passed by what comes after. */
  async function passGap(): Promise<void> {
    if (lookingForGap) return;
    lookingForGap = true;
    try {
      const from = through;
      const { state } = await jsm.streams.info(eventsStream);
      if (state.last_seq <= from) return;
      const next = await jsm.streams.getMessage(eventsStream, firstFrom(from + 1));
      if (next !== null || through !== from) return;
      through = state.last_seq;
      flush();
    } catch {
      // NATS is away: whoever waits is told so in time, and the next look may succeed.
    } finally {
      lookingForGap = false;
    }
  }

  function reply(asked: Asked): void {
    try {
      send({ kind: "answer", id: asked.id, answer: answer(store, asked) });
    } catch (error) {
      if (error instanceof PageTooLarge) return send({ kind: "too-large", id: asked.id });
      send({ kind: "failed", id: asked.id, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  async function handle(request: IndexRequest): Promise<void> {
    switch (request.kind) {
      case "ask":
        if (batch.length > 0) flush();
        if (request.asked.passed <= store.lastSequence) reply(request.asked);
        else held.push({ asked: request.asked, deadlineMs: Date.now() + behindWaitMs });
        return;
      case "stop":
        return end();
    }
  }

  async function end(): Promise<void> {
    clearInterval(forgetTimer);
    clearInterval(heldTimer);
    await messages.close();
    flush();
    store.close();
    await nc.close();
    port.close();
  }

  async function forget(): Promise<void> {
    const info = await jsm.streams.info(eventsStream).catch(() => null);
    if (info) store.forgetBelow(info.state.first_seq);
  }
}

/** The server knows this form since 2.9; the client's types have it for direct gets only. */
function firstFrom(seq: number): MsgRequest {
  return { seq, next_by_subj: allEvents() } as MsgRequest;
}

async function readFrom(nc: NatsConnection, sequence: number, take: (msg: JsMsg) => void): Promise<ConsumerMessages> {
  const consumer = await jetstream(nc).consumers.get(eventsStream, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: sequence,
  });
  return consumer.consume({ ...readingOptions, callback: take, max_messages: batchEventsMax });
}
