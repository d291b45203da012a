// A queue with its history over a real nats-server, as one controller has them, and an agent's hands to take runs with.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type JetStreamManager,
  type JsMsg,
  DiscardPolicy,
  RetentionPolicy,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import { type NatsConnection, nanos } from "@nats-io/nats-core";
import { connectNats } from "../../bus/connection.ts";
import { type Publisher, createPublisher } from "../../bus/publisher.ts";
import type { QueuedRun } from "../../bus/run-message.ts";
import { allEvents, allLogs, allRuns, eventSubject, logsStream, runsConsumer, runsStream } from "../../bus/subjects.ts";
import { type AppendEvent, createAppender } from "../../controller/events/append.ts";
import { createBatchJournal } from "../../controller/events/batch-journal.ts";
import { type EventIndex, startEventIndex } from "../../controller/events/index.ts";
import { type RunHistory, createRunHistory } from "../../controller/runs/history.ts";
import { type QueueParts, type RunQueue, createRunQueue } from "../../controller/runs/queue.ts";
import { toCloudEvent } from "../../model/cloud-event.ts";
import type { RunReport } from "../../model/run.ts";
import { eventually } from "../api.ts";
import { type TestNats, startNats } from "../nats.ts";
import { runEvent } from "./reports.ts";

export type Controller = {
  readonly nc: NatsConnection;
  readonly publisher: Publisher;
  readonly append: AppendEvent;
  readonly index: EventIndex;
  readonly history: RunHistory;
  readonly queue: RunQueue;
  stop(): Promise<void>;
};

export type Installation = {
  readonly nats: TestNats;
  readonly jsm: JetStreamManager;
  /** A controller with an index of its own, so two may live at once. */
  controller(indexName?: string): Promise<Controller>;
  /** As many runs as there are now, up to `count`, delivered and not acknowledged. */
  take(workflow: string, count: number): Promise<JsMsg[]>;
  /** Stores what the workflow's agent says. */
  say(report: RunReport): Promise<void>;
  messages(): Promise<number>;
  /** Resolves when the connections are back, too. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export async function startInstallation({
  duplicateWindowMs = 120_000,
  runsBytesMax = 64_000_000,
  present = () => null,
}: { duplicateWindowMs?: number; runsBytesMax?: number } & Partial<
  Pick<QueueParts, "present">
> = {}): Promise<Installation> {
  const nats = await startNats();
  const dir = await mkdtemp(join(tmpdir(), "drover-runs-"));
  const target = { servers: [nats.url], credentials: null };
  const connect = () => connectNats(target, { name: "test", inboxPrefix: "_INBOX_-", timeoutMs: 5_000 });
  const nc = await connect();
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({ name: "EVENTS", subjects: [allEvents()], duplicate_window: nanos(duplicateWindowMs) });
  await jsm.streams.add({ name: logsStream, subjects: [allLogs()] });
  await jsm.streams.add({
    name: runsStream,
    subjects: [allRuns()],
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.New,
    max_bytes: runsBytesMax,
    duplicate_window: nanos(duplicateWindowMs),
  });
  const agent = createPublisher(nc, { inbox: "_INBOX_agent", ackTimeoutMs: 2_000 });
  const opened: Controller[] = [];
  let connections = 0;

  const back = () =>
    eventually(
      () =>
        Promise.all([nc, ...opened.map((one) => one.nc)].map((one) => answers(one))).then((all) => all.every(Boolean)),
      Boolean,
    );
  return {
    nats,
    jsm,
    async controller(indexName = `index-${connections}`) {
      const own = await connect();
      connections += 1;
      const publisher = createPublisher(own, { inbox: `_INBOX_-.ack${connections}`, ackTimeoutMs: 2_000 });
      const index = await startEventIndex({ target, path: join(dir, `${indexName}.sqlite`), onDeath: () => {} });
      const { append } = createAppender(publisher, createBatchJournal(own, publisher, "test"));
      const history = createRunHistory(own, index);
      const queue = createRunQueue({
        nc: own,
        publisher,
        append,
        history,
        runsBytesMax,
        present,
        now: () => new Date(),
      });
      const controller = {
        nc: own,
        publisher,
        append,
        index,
        history,
        queue,
        async stop() {
          opened.splice(opened.indexOf(controller), 1);
          await index.stop();
          publisher.close();
          await own.close();
        },
      };
      opened.push(controller);
      return controller;
    },
    async take(workflow, count) {
      const consumer = await jetstream(nc).consumers.get(runsStream, runsConsumer(workflow));
      const taken: JsMsg[] = [];
      const batch = await consumer.fetch({ max_messages: count, expires: 1_000 });
      for await (const message of batch) taken.push(message);
      return taken;
    },
    async say(report) {
      const event = runEvent(report);
      await agent.publish(eventSubject(report.workflow, "run"), toCloudEvent(event, report.workflow), event.id);
    },
    messages: async () => (await jsm.streams.info(runsStream)).state.messages,
    async kill() {
      await nats.kill();
      await nats.restart();
      await back();
    },
    async restart() {
      await nats.restart();
      await back();
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened.toReversed()) await one.stop();
      agent.close();
      await nc.close();
      await nats[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What an agent says of an attempt of a run that it was given. */
export function told(run: QueuedRun, state: RunReport["state"], over: Partial<RunReport> = {}): RunReport {
  const at = new Date().toISOString();
  const ended = state !== "started";
  return {
    id: run.id,
    workflow: run.workflow,
    state,
    trigger: run.trigger,
    attempt: run.attemptsBefore + 1,
    cause: run.event.id,
    hops: run.hops,
    about: null,
    slot: run.slot,
    revision: 1,
    deployment: "d1",
    instance: "i1",
    queuedAt: run.queuedAt,
    startedAt: at,
    finishedAt: ended ? at : null,
    outcome: state === "completed" ? { kind: "completed", exitCode: 0 } : null,
    again: null,
    ...over,
  };
}

async function answers(nc: NatsConnection): Promise<boolean> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  return jsm.streams.info(runsStream).then(
    () => true,
    () => false,
  );
}
