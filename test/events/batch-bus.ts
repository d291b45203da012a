// Controllers that store batches over one real nats-server, and die where a test wants them to.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { type Logger, pino } from "pino";
import { type Publisher, createPublisher } from "../../bus/publisher.ts";
import { batchesStream } from "../../bus/subjects.ts";
import { type Appender, type EventToAppend, createAppender } from "../../controller/events/append.ts";
import { createBatchJournal } from "../../controller/events/batch-journal.ts";
import { type BatchRepair, startBatchRepair } from "../../controller/events/batch-repair.ts";
import { type TestBus, historyOf } from "../triggers/bus.ts";
import { eventually } from "../api.ts";

export type TestController = {
  readonly appender: Appender;
  readonly publisher: Publisher;
  readonly repair: () => BatchRepair;
};

const silent: Logger = pino({ level: "silent" });

/** `around` stands between the controller and the server. */
export async function startController(
  bus: TestBus,
  installation: string,
  around: (publisher: Publisher) => Publisher = (publisher) => publisher,
): Promise<TestController> {
  const nc = await bus.connect();
  const inbox = `_INBOX_ack_${crypto.randomUUID()}`;
  const publisher = around(createPublisher(nc, { inbox, ackTimeoutMs: 1_000 }));
  const journal = createBatchJournal(nc, publisher, installation);
  const history = historyOf(nc);
  return {
    publisher,
    appender: createAppender(publisher, journal),
    repair: () => startBatchRepair(nc, { publisher, journal, installation, history, log: silent }),
  };
}

/** A controller that is killed when this many messages of batches, parts of the journal too, have been stored. */
export function dyingAfter(messages: number): (publisher: Publisher) => Publisher {
  let left = messages;
  return (publisher) => ({
    ...publisher,
    async publishAll(all) {
      const some = { ...all, count: Math.min(all.count, left) };
      left -= some.count;
      const answer = await publisher.publishAll(some);
      return some.count === all.count && left > 0 ? answer : new Promise(() => {});
    },
  });
}

export function eventOf(n: number, over: Partial<EventToAppend> = {}): EventToAppend {
  return {
    id: `e-${n}`,
    source: "/api",
    type: "reading",
    tags: ["batch"],
    value: n,
    timestamp: "2026-01-01T00:00:00.000Z",
    ...over,
  };
}

export async function journalSize(nc: NatsConnection): Promise<number> {
  return (await (await jetstreamManager(nc)).streams.info(batchesStream)).state.messages;
}

export async function untilJournalIsEmpty(nc: NatsConnection): Promise<void> {
  await eventually(
    () => journalSize(nc).catch(() => -1),
    (size) => size === 0,
  );
}
