// An index over a real nats-server, whose file a test takes away, damages or replaces.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { createPublisher } from "../../bus/publisher.ts";
import { eventsStream } from "../../bus/subjects.ts";
import { type Appender, type EventToAppend, createAppender } from "../../controller/events/append.ts";
import { createBatchJournal } from "../../controller/events/batch-journal.ts";
import { type EventIndex, startEventIndex } from "../../controller/events/index.ts";
import type { Skipped } from "../../controller/events/index-adding.ts";
import type { EventQuery } from "../../controller/events/questions.ts";
import { type TestBus, startBus } from "../triggers/bus.ts";
import { eventOf } from "./batch-bus.ts";

const storedAtOnce = 1_000;

export const everything: EventQuery = {
  filter: {},
  time: {},
  order: "newest",
  beyond: null,
  offset: 0,
  limit: 1,
  count: "exact",
};

export type IndexBus = AsyncDisposable & {
  readonly bus: TestBus;
  readonly appender: Appender;
  readonly path: string;
  /** Why files were thrown away. */
  readonly dropped: string[];
  /** What could not be indexed. */
  readonly skipped: Skipped[];
  /** Sequences that threads kept dying of. */
  readonly passedOver: number[];
  /** What threads of indexes have died of. */
  readonly deaths: string[];
  readonly rebuilt: { readonly events: number; readonly through: number }[];
  /** Over the file at `path`, or another one. */
  open(file?: string): Promise<EventIndex>;
  /** Stores as many more, numbered on. */
  store(count: number, over?: Partial<EventToAppend>): Promise<void>;
  identity(): Promise<string>;
};

export async function startIndexBus(): Promise<IndexBus> {
  const bus = await startBus();
  const dir = await mkdtemp(join(tmpdir(), "drover-index-"));
  const publisher = createPublisher(bus.nc, { inbox: `_INBOX_ack_${crypto.randomUUID()}`, ackTimeoutMs: 5_000 });
  const appender = createAppender(publisher, createBatchJournal(bus.nc, publisher, "test"));
  const path = join(dir, "index.sqlite");
  const opened: EventIndex[] = [];
  const dropped: string[] = [];
  const deaths: string[] = [];
  const skipped: Skipped[] = [];
  const passedOver: number[] = [];
  const rebuilt: { events: number; through: number }[] = [];
  let stored = 0;
  return {
    bus,
    appender,
    path,
    dropped,
    deaths,
    skipped,
    passedOver,
    rebuilt,
    async open(file = path) {
      const index = await startEventIndex({
        target: { servers: [bus.nats.url], credentials: null },
        path: file,
        onDeath: (error) => void deaths.push(error.message),
        onDropped: (reason) => void dropped.push(reason),
        onSkipped: (message) => void skipped.push(message),
        onPassedOver: (sequence) => void passedOver.push(sequence),
        onRebuilt: (facts) => void rebuilt.push(facts),
      });
      opened.push(index);
      return index;
    },
    async store(count, over = {}) {
      for (let left = count; left > 0; left -= storedAtOnce) {
        const some = Math.min(storedAtOnce, left);
        await appender.appendAll(Array.from({ length: some }, () => eventOf(stored++, over)));
      }
    },
    async identity() {
      const { config, created } = await (await jetstreamManager(bus.nc)).streams.info(eventsStream);
      return `${config.name}@${created}`;
    },
    async [Symbol.asyncDispose]() {
      for (const index of opened) await index.stop();
      publisher.close();
      await bus[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
