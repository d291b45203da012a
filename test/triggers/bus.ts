// A real nats-server with the streams and buckets of an installation, and what a trigger needs around it: the appender of a
// controller, a history that is read from the stream itself, and a queue that keeps what it was given in the stream RUNS.
import { JetStreamApiError, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type NatsConnection, connect } from "@nats-io/transport-node";
import type { QueuedRun } from "../../bus/run-message.ts";
import { createPublisher } from "../../bus/publisher.ts";
import { type Buckets, ensureStreams } from "../../bus/streams.ts";
import { eventSubject, eventsStream, ownerOf, runSubject, runsStream } from "../../bus/subjects.ts";
import { type AppendEvent, createAppender } from "../../controller/events/append.ts";
import { createBatchJournal } from "../../controller/events/batch-journal.ts";
import type { RunHistory, RunRecord } from "../../controller/runs/history.ts";
import type { RunQueue } from "../../controller/runs/queue.ts";
import { fromCloudEvent, toCloudEvent } from "../../model/cloud-event.ts";
import type { Event } from "../../model/event.ts";
import { isRunReport } from "../../model/run.ts";
import { type TestNats, startNats } from "../nats.ts";

const mib = 1_048_576;
const limits = { eventsAgeMs: 86_400_000, eventsBytesMax: 64 * mib, runsBytesMax: 64 * mib, logsBytesMax: mib };

export type TestBus = AsyncDisposable & {
  readonly nats: TestNats;
  readonly nc: NatsConnection;
  readonly buckets: Buckets;
  /** One more connection, as another controller has it. */
  connect(): Promise<NatsConnection>;
  /** All events of one type that are stored, in order. */
  events(type: string): Promise<Event[]>;
  /** Stores an event as the API of a controller does. */
  append: AppendEvent;
  /** Stores an event as a workflow does. */
  emit(owner: string, event: Event): Promise<void>;
  /** All runs that were ever queued, in order. */
  queued(): Promise<QueuedRun[]>;
};

export async function startBus(): Promise<TestBus> {
  const nats = await startNats();
  const connections: NatsConnection[] = [];
  const open = async (): Promise<NatsConnection> => {
    const nc = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    connections.push(nc);
    return nc;
  };
  const nc = await open();
  const buckets = await ensureStreams(nc, limits);
  return {
    nats,
    nc,
    buckets,
    connect: open,
    append: appendOver(nc),
    events: async (type) => (await eventsOf(nc)).filter((event) => event.type === type),
    async emit(owner, event) {
      await jetstream(nc).publish(eventSubject(owner, event.type), toCloudEvent(event, owner), { msgID: event.id });
    },
    queued: async () => (await messagesOf(nc, runsStream)).map(({ data }) => JSON.parse(text(data)) as QueuedRun),
    async [Symbol.asyncDispose]() {
      await Promise.all(connections.map((one) => one.close()));
      await nats[Symbol.asyncDispose]();
    },
  };
}

export function appendOver(nc: NatsConnection): AppendEvent {
  const publisher = createPublisher(nc, { inbox: `_INBOX_ack_${crypto.randomUUID()}`, ackTimeoutMs: 2_000 });
  return createAppender(publisher, createBatchJournal(nc, publisher, "test")).append;
}

/** Always as new as the stream, as it reads the stream. */
export function historyOf(nc: NatsConnection): Pick<RunHistory, "runsById" | "knownEvents" | "streamEnd"> {
  return {
    async runsById(ids) {
      const reports = (await eventsOf(nc)).flatMap(({ type, value }) =>
        type === "run" && isRunReport(value) && ids.includes(value.id) ? [value] : [],
      );
      const last = new Map(reports.map((report) => [report.id, report]));
      return [...last.values()].map((report): RunRecord =>
        Object.assign({ turn: report.attempt, stopping: null, attempts: [] }, report),
      );
    },
    async knownEvents(ids) {
      const stored = new Set((await eventsOf(nc)).map(({ id }) => id));
      return new Set(ids.filter((id) => stored.has(id)));
    },
    streamEnd: async () => (await (await jetstreamManager(nc)).streams.info(eventsStream)).state.last_seq,
  };
}

/** Each run has a subject of its own, so JetStream itself refuses a second copy; `enqueued` counts how often it was asked. */
export function queueOf(
  nc: NatsConnection,
): Pick<RunQueue, "enqueue"> & { readonly asked: { run: string; checked: boolean }[] } {
  const asked: { run: string; checked: boolean }[] = [];
  return {
    asked,
    async enqueue(run, { checked }) {
      asked.push({ run: run.id, checked });
      try {
        const expect = { lastSubjectSequence: 0 };
        const payload = JSON.stringify(run);
        const ack = await jetstream(nc).publish(runSubject(run.workflow, run.id), payload, { msgID: run.id, expect });
        return ack.duplicate ? "known" : "queued";
      } catch (error) {
        if (error instanceof JetStreamApiError && error.code === 10_071) return "known";
        throw error;
      }
    },
  };
}

async function eventsOf(nc: NatsConnection): Promise<Event[]> {
  const messages = await messagesOf(nc, eventsStream);
  return messages.map(({ data, subject }) => fromCloudEvent(data, ownerOf(subject))).filter((event) => event !== null);
}

async function messagesOf(nc: NatsConnection, stream: string): Promise<{ data: Uint8Array; subject: string }[]> {
  const jsm = await jetstreamManager(nc);
  const { state } = await jsm.streams.info(stream);
  const found: { data: Uint8Array; subject: string }[] = [];
  if (stream === eventsStream && state.messages > 0) {
    const consumer = await jetstream(nc).consumers.get(stream);
    for await (const msg of await consumer.consume()) {
      found.push({ data: msg.data, subject: msg.subject });
      if (msg.seq >= state.last_seq) break;
    }
    return found;
  }
  for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
    const msg = await jsm.streams.getMessage(stream, { seq });
    if (msg) found.push({ data: msg.data, subject: msg.subject });
  }
  return found;
}

function text(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}
