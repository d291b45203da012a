// What sets runs off, together: the slots of time schedules become events, and events become runs. It works while its controller
// leads; a second one at the same time does no harm, and does nothing twice.
import { jetstreamManager } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Logger } from "pino";
import { eventsStream } from "../../bus/subjects.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { Workflows } from "../artifacts/workflows.ts";
import type { AppendEvent } from "../events/append.ts";
import type { RunHistory } from "../runs/history.ts";
import type { RunQueue } from "../runs/queue.ts";
import { createWaitingRuns } from "../runs/waiting-runs.ts";
import type { Clock } from "./clock.ts";
import { createEnqueueRuns } from "./enqueue-runs.ts";
import { startEventTrigger } from "./event-trigger.ts";
import { createMatcher } from "./matcher.ts";
import { type CancelRun, createReplacements } from "./replacements.ts";
import { openSlotCursors } from "./slot-cursors.ts";
import { createSlotEvents } from "./slot-events.ts";
import { startSlotRepair } from "./slot-repair.ts";
import { startTimeTrigger } from "./time-trigger.ts";
import { handledThrough } from "./triggers-consumer.ts";
import { createUnderWay } from "./under-way.ts";

export type Triggers = {
  /** When the workflow's next slot is due, with its jitter; null for a workflow without one. */
  nextDueMs(workflow: string): number | null;
  stop(): Promise<void>;
};

export type TriggersParts = {
  readonly nc: NatsConnection;
  /** The bucket `slots`. */
  readonly slots: KV;
  readonly workflows: Pick<Workflows, "get" | "list" | "refresh">;
  /** Calls back for every workflow that is stored from now on; the result ends that. */
  readonly onWorkflowChange: (listener: (workflow: string) => void) => () => void;
  readonly queue: Pick<RunQueue, "enqueue">;
  readonly history: Pick<RunHistory, "runsById" | "knownEvents" | "streamEnd">;
  readonly append: AppendEvent;
  readonly cancel: CancelRun;
  readonly clock: Clock;
  readonly log: Logger;
};

/** Called when this controller begins to lead. Resolves when both triggers work; what was opened before a failure is closed. */
export async function startTriggers(parts: TriggersParts): Promise<Triggers> {
  const { nc, workflows, history, append, cancel, clock, log } = parts;
  await using opened = new AsyncDisposableStack();
  const ending = new AbortController();
  opened.defer(() => ending.abort());
  const upSinceMs = clock.nowMs();
  const now = (): Date => new Date(clock.nowMs());

  const cursors = await openSlotCursors(parts.slots, (error) =>
    log.error({ error: String(error) }, "the slots of other controllers cannot be followed"),
  );
  opened.defer(() => cursors.stop());
  const events = createSlotEvents({ append, history, now, signal: ending.signal, log });
  const replacements = createReplacements({ cancel, signal: ending.signal, log });
  const repair = await startSlotRepair({ cursors, events, replacements, oldestEventMs: () => oldestEventMs(nc), log });
  opened.defer(() => repair.stop());

  const matcher = createMatcher();
  for (const entry of workflows.list()) match(entry.artifact.name, entry);
  const names = workflows.list().map(({ artifact }) => artifact.name);
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const underWay = createUnderWay({
    history,
    waiting: createWaitingRuns(nc),
    handledThrough: () => handledThrough(jsm),
  });
  const time = startTimeTrigger(names, {
    cursors,
    events,
    underWay,
    workflow: (name) => workflows.get(name),
    replacements,
    upSinceMs,
    clock,
    log,
  });
  opened.defer(() => time.stop());
  const stopListening = parts.onWorkflowChange((name) => {
    match(name, workflows.get(name));
    time.changed(name);
  });
  opened.defer(stopListening);

  const event = await startEventTrigger(nc, {
    lookup: { workflow: (name) => workflows.get(name), matching: (one) => matcher.matching(one), now },
    refresh: (name) => workflows.refresh(name),
    enqueue: createEnqueueRuns({ queue: parts.queue, history, append, log }),
    log,
  });
  opened.defer(() => event.stop());

  const closing = opened.move();
  return {
    nextDueMs: (workflow) => time.nextDueMs(workflow),
    async stop() {
      ending.abort();
      await closing.disposeAsync();
    },
  };

  function match(name: string, entry: LiveWorkflow | null): void {
    const schedule = entry?.artifact.schedule;
    matcher.set(name, typeof schedule === "object" && "event" in schedule ? schedule.event : null);
  }
}

/** A stream that has been emptied says nothing about what was in it. */
async function oldestEventMs(nc: NatsConnection): Promise<number> {
  const { state } = await (await jetstreamManager(nc)).streams.info(eventsStream);
  if (state.messages > 0) return Date.parse(state.first_ts);
  return state.last_seq === 0 ? 0 : Infinity;
}
