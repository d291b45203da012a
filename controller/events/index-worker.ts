// The thread that keeps the event index: reads the stream in batches into SQLite and answers queries. A slow query or a
// flood of events therefore never holds up the controller's own thread.
//
//   X1. Events are taken in stream order, each once; what is indexed survives a restart, what is not is read again.
//   X2. A query answers only after the index has passed the sequence that it names, or fails when that takes too long.
import { type ConsumerMessages, type JsMsg, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type ConnectionTarget, connectNats } from "../../bus/connection.ts";
import { readingOptions } from "../../bus/reading.ts";
import { controllerOwner, eventsStream, inboxPrefix, ownerOf } from "../../bus/subjects.ts";
import { fromCloudEvent } from "../../model/cloud-event.ts";
import { type EventPage, type EventQuery, type IndexedEvent, PageTooLarge, openIndexStore } from "./index-store.ts";

export type IndexWorkerData = { readonly target: ConnectionTarget; readonly path: string };
export type IndexRequest =
  | { readonly kind: "query"; readonly id: number; readonly query: EventQuery; readonly passed: number }
  | { readonly kind: "stop" };
export type IndexAnswer =
  | { readonly kind: "page"; readonly id: number; readonly page: EventPage }
  | { readonly kind: "failed"; readonly id: number; readonly reason: string }
  | { readonly kind: "too-large"; readonly id: number }
  | { readonly kind: "ready" };

/** Events are collected this long, or until a batch is full, and written in one transaction. */
const batchWaitMs = 5;
const batchEventsMax = 1_000;
const behindWaitMs = 10_000;
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
  const stream = await jsm.streams.info(eventsStream);
  const store = openIndexStore(data.path, `${stream.config.name}@${stream.created}`);
  const send = (answer: IndexAnswer) => port.postMessage(answer);
  const held: { readonly request: Extract<IndexRequest, { kind: "query" }>; readonly deadlineMs: number }[] = [];
  let batch: IndexedEvent[] = [];
  // Nothing will come for sequences that the stream has already let go.
  if (stream.state.messages === 0 && stream.state.last_seq > store.lastSequence) store.add([], stream.state.last_seq);
  let through = store.lastSequence;
  let flushTimer: NodeJS.Timeout | null = null;

  const messages = await readFrom(nc, store.lastSequence + 1, take);
  const forgetTimer = setInterval(() => void forget(), forgetEveryMs);
  const heldTimer = setInterval(answerHeld, 100);
  port.on("message", (request: IndexRequest) => void handle(request));
  send({ kind: "ready" });

  function take(msg: JsMsg): void {
    const event = fromCloudEvent(msg.data, ownerOf(msg.subject));
    if (event) batch.push({ seq: msg.seq, event });
    through = msg.seq;
    if (batch.length >= batchEventsMax) flush();
    else flushTimer ??= setTimeout(flush, batchWaitMs);
  }

  function flush(): void {
    if (flushTimer) clearTimeout(flushTimer);
    flushTimer = null;
    store.add(batch, through);
    batch = [];
    answerHeld();
  }

  function answerHeld(): void {
    for (const entry of held.splice(0)) {
      if (entry.request.passed <= store.lastSequence) reply(entry.request);
      else if (Date.now() < entry.deadlineMs) held.push(entry);
      else
        send({
          kind: "failed",
          id: entry.request.id,
          reason: `the event index is behind the stream by ${entry.request.passed - store.lastSequence}`,
        });
    }
  }

  function reply(request: Extract<IndexRequest, { kind: "query" }>): void {
    try {
      send({ kind: "page", id: request.id, page: store.query(request.query) });
    } catch (error) {
      if (error instanceof PageTooLarge) return send({ kind: "too-large", id: request.id });
      send({ kind: "failed", id: request.id, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  async function handle(request: IndexRequest): Promise<void> {
    if (request.kind === "query") {
      if (request.passed <= store.lastSequence) reply(request);
      else held.push({ request, deadlineMs: Date.now() + behindWaitMs });
      return;
    }
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

async function readFrom(nc: NatsConnection, sequence: number, take: (msg: JsMsg) => void): Promise<ConsumerMessages> {
  const consumer = await jetstream(nc).consumers.get(eventsStream, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: sequence,
  });
  return consumer.consume({ ...readingOptions, callback: take, max_messages: batchEventsMax });
}
