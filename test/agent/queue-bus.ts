// A nats-server with the streams of an installation, the queue of the workflow `hello`, and a controller that knows the history.
import { type ConsumerConfig, AckPolicy, jetstreamManager } from "@nats-io/jetstream";
import { type Subscription, nanos } from "@nats-io/nats-core";
import type { AgentControl, Assignment, ForwardedRequest, ForwardedResponse, QueueWork } from "../../bus/assignment.ts";
import type { QueuedRun } from "../../bus/run-message.ts";
import { ensureStreams } from "../../bus/streams.ts";
import { apiSubject, controlSubject, runSubject, runsConsumer, runsOf, runsStream } from "../../bus/subjects.ts";
import type { RunRecord } from "../../controller/runs/history.ts";
import { merge } from "../../controller/runs/run-record.ts";
import type { RunReport } from "../../model/run.ts";
import { scriptAssignment } from "./assignments.ts";
import { type TestBus, startBus } from "./bus.ts";

const mib = 1024 * 1024;
const limits = { eventsAgeMs: 86_400_000, eventsBytesMax: 64 * mib, runsBytesMax: 64 * mib, logsBytesMax: 64 * mib };

export type TestController = {
  /** The ids of each question, in order. */
  readonly questions: readonly (readonly string[])[];
  stop(): void;
};

export type QueueBus = {
  readonly bus: TestBus;
  /** Stores a run in the queue. */
  queue(run: QueuedRun): Promise<void>;
  /** Messages that are still in the queue. */
  queued(): Promise<number>;
  /** The reports of all runs so far, oldest first. */
  reports(): Promise<RunReport[]>;
  /** `id state attempt` of each. */
  states(): Promise<string[]>;
  /** Answers questions about runs from what the stream holds. */
  startController(): Promise<TestController>;
  control(message: AgentControl): Promise<void>;
  makeConsumer(config?: Partial<ConsumerConfig>): Promise<void>;
  deleteConsumer(): Promise<void>;
  /** Whether the consumer has nothing left to deliver and nothing that is not acknowledged. */
  isDone(): Promise<boolean>;
  /** Deliveries that are not acknowledged. */
  pending(): Promise<number>;
  /** How often anything was delivered. */
  delivered(): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** `consumer`: what is different about it. A short ack_wait makes redelivery quick. */
export async function startQueueBus(consumer: Partial<ConsumerConfig> = {}): Promise<QueueBus> {
  const bus = await startBus();
  await ensureStreams(bus.nc, limits);
  const jsm = await jetstreamManager(bus.nc);
  const makeConsumer = async (config: Partial<ConsumerConfig> = {}): Promise<void> => {
    await jsm.consumers.add(runsStream, {
      durable_name: runsConsumer("hello"),
      filter_subject: runsOf("hello"),
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(10_000),
      max_ack_pending: 2_000,
      ...consumer,
      ...config,
    });
  };
  await makeConsumer();
  const reports = async (): Promise<RunReport[]> =>
    (await bus.events()).filter(({ body }) => body["type"] === "run").map(({ body }) => body["data"] as RunReport);

  return {
    bus,
    async queue(run) {
      await bus.nc.request(runSubject("hello", run.id), JSON.stringify(run));
    },
    queued: async () => (await jsm.streams.info(runsStream)).state.messages,
    reports,
    states: async () => (await reports()).map(({ id, state, attempt }) => `${id} ${state} ${attempt}`),
    startController: () => startController(bus, reports),
    async control(message) {
      bus.nc.publish(controlSubject("hello"), JSON.stringify(message));
      await bus.nc.flush();
    },
    makeConsumer,
    async deleteConsumer() {
      await jsm.consumers.delete(runsStream, runsConsumer("hello"));
    },
    async isDone() {
      const { num_pending, num_ack_pending } = await jsm.consumers.info(runsStream, runsConsumer("hello"));
      return num_pending === 0 && num_ack_pending === 0;
    },
    pending: async () => (await jsm.consumers.info(runsStream, runsConsumer("hello"))).num_ack_pending,
    delivered: async () => (await jsm.consumers.info(runsStream, runsConsumer("hello"))).delivered.consumer_seq,
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}

async function startController(bus: TestBus, reports: () => Promise<RunReport[]>): Promise<TestController> {
  const questions: string[][] = [];
  const answers: Subscription = bus.nc.subscribe(apiSubject("hello"), {
    callback: (_error, msg) => {
      const { url } = msg.json<ForwardedRequest>();
      const ids = new URL(url, "http://here").searchParams.getAll("id");
      questions.push(ids);
      void answer(ids).then((text) => text !== null && msg.respond(text));
    },
  });
  await bus.nc.flush();
  return { questions, stop: () => answers.unsubscribe() };

  /** Null when NATS went away meanwhile; whoever asked will ask again. */
  async function answer(ids: readonly string[]): Promise<string | null> {
    const all = await reports().catch(() => null);
    if (all === null) return null;
    const records = ids.flatMap((id) => recordOf(all.filter((report) => report.id === id)));
    return JSON.stringify({ status: 200, headers: {}, body: JSON.stringify(records) } satisfies ForwardedResponse);
  }
}

/** One run's reports, as the history makes them one record; none when there are no reports. */
function recordOf(reports: readonly RunReport[]): object[] {
  const record = reports.reduce<RunRecord | null>(merge, null);
  return record === null ? [] : [record];
}

let count = 0;

/** A run that was queued just now, by hand. */
export function queuedRun(change: Partial<QueuedRun> = {}): QueuedRun {
  count += 1;
  const now = new Date().toISOString();
  const event = {
    id: `e-${count}`,
    source: "/manual/hello",
    type: "manual",
    tags: ["manual"],
    value: count,
    timestamp: now,
  };
  return {
    id: `r-${count}`,
    workflow: "hello",
    trigger: "manual",
    event,
    hops: 1,
    slot: null,
    queuedAt: now,
    createdAt: null,
    attemptsBefore: 0,
    ...change,
  };
}

export function queueAssignment(
  source: string,
  {
    servers,
    instance = "hello-abc-0",
    ...work
  }: { servers?: readonly string[]; instance?: string } & Partial<QueueWork> = {},
): Assignment & { readonly work: QueueWork } {
  return {
    ...scriptAssignment(source, { instance, ...(servers === undefined ? {} : { servers }) }),
    work: {
      kind: "queue",
      source,
      environment: {},
      concurrency: 1,
      timeoutMs: 60_000,
      retry: { times: 0, delayMs: 0, factor: 1 },
      singleUse: false,
      createdAt: null,
      ...work,
    },
  };
}
