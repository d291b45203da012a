// An event trigger on a real nats-server, and what it queued.
import { jetstreamManager } from "@nats-io/jetstream";
import { pino } from "pino";
import { expect, vi } from "vitest";
import type { LiveWorkflow } from "../../controller/artifacts/entry.ts";
import type { Enqueued } from "../../controller/runs/queue.ts";
import { runIdOf } from "../../controller/runs/run-id.ts";
import { createEnqueueRuns } from "../../controller/triggers/enqueue-runs.ts";
import { type EventTrigger, startEventTrigger } from "../../controller/triggers/event-trigger.ts";
import { createMatcher } from "../../controller/triggers/matcher.ts";
import type { QueuedRun } from "../../bus/run-message.ts";
import type { Event } from "../../model/event.ts";
import { type TestBus, appendOver, historyOf, queueOf } from "./bus.ts";
import { entryOf } from "./entries.ts";

export const log = pino({ level: "silent" });
export const soon = { timeout: 20_000, interval: 50 };
export const now = (): Date => new Date("2026-01-01T12:00:00.000Z");

export const orders = entryOf("orders", { event: { tags: ["order"] } });

export type Started = EventTrigger & { readonly asked: { run: string; checked: boolean }[] };
export type Enqueue = (run: QueuedRun, options: { readonly checked: boolean }) => Promise<Enqueued>;

export async function trigger(
  bus: TestBus,
  entries: readonly LiveWorkflow[] = [orders],
  around: (enqueue: Enqueue) => Enqueue = (enqueue) => enqueue,
  refresh: (workflow: string) => Promise<unknown> = () => Promise.resolve(),
): Promise<Started> {
  const nc = await bus.connect();
  const queue = queueOf(nc);
  const matcher = createMatcher();
  for (const { artifact } of entries)
    if (typeof artifact.schedule === "object" && "event" in artifact.schedule)
      matcher.set(artifact.name, artifact.schedule.event);
  const started = await startEventTrigger(nc, {
    lookup: {
      workflow: (name) => entries.find(({ artifact }) => artifact.name === name) ?? null,
      matching: (event) => matcher.matching(event),
      now,
    },
    refresh,
    enqueue: createEnqueueRuns({
      queue: { enqueue: around((run, options) => queue.enqueue(run, options)) },
      history: historyOf(nc),
      append: appendOver(nc),
      log,
    }),
    log,
  });
  return { ...started, asked: queue.asked };
}

export const order = (n: number): Event => ({
  id: `order-${n}`,
  source: "/api",
  type: "event",
  tags: ["order"],
  value: n,
  timestamp: now().toISOString(),
});

export const runsOfOrders = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => runIdOf("orders", `order-${n}`)).toSorted();

export async function expectQueued(bus: TestBus, expected: readonly string[]): Promise<void> {
  await vi.waitFor(async () => expect((await bus.queued()).map(({ id }) => id).toSorted()).toEqual(expected), soon);
}

export async function expectAllAcked(bus: TestBus): Promise<void> {
  const jsm = await jetstreamManager(bus.nc);
  await vi.waitFor(async () => {
    const { num_pending, num_ack_pending } = await jsm.consumers.info("EVENTS", "triggers");
    expect({ num_pending, num_ack_pending }).toEqual({ num_pending: 0, num_ack_pending: 0 });
  }, soon);
}
