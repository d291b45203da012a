// A controller as far as it decides slots, on a real nats-server; the time of day is the test's.
import { pino } from "pino";
import { expect, vi } from "vitest";
import type { LiveWorkflow } from "../../controller/artifacts/entry.ts";
import type { AppendEvent } from "../../controller/events/append.ts";
import { createWaitingRuns } from "../../controller/runs/waiting-runs.ts";
import { openSlotCursors } from "../../controller/triggers/slot-cursors.ts";
import { createReplacements } from "../../controller/triggers/replacements.ts";
import { createSlotEvents } from "../../controller/triggers/slot-events.ts";
import { startSlotRepair } from "../../controller/triggers/slot-repair.ts";
import { startTimeTrigger } from "../../controller/triggers/time-trigger.ts";
import { createUnderWay } from "../../controller/triggers/under-way.ts";
import type { Event } from "../../model/event.ts";
import { type RunState, runEventId, runTags } from "../../model/run.ts";
import type { TimeSchedule } from "../../model/schedule.ts";
import type { SlotReport } from "../../model/slot.ts";
import { type TestBus, appendOver, historyOf } from "./bus.ts";
import { entryOf, reportOf, rules } from "./entries.ts";
import { type TestClock, createTestClock } from "./test-clock.ts";

const log = pino({ level: "silent" });
const noonMs = Date.UTC(2026, 0, 1, 12);
export const noon = new Date(noonMs).toISOString();
export const seconds = (n: number): number => noonMs + n * 1_000;
export const soon = { timeout: 10_000, interval: 20 };

type Controller = {
  readonly clock: TestClock;
  readonly cancelled: string[];
  /** As a person's edit. */
  save(entry: LiveWorkflow | null, name?: string): void;
  nextDueMs(workflow: string): number | null;
  stop(): Promise<void>;
};

type Start = {
  readonly at?: number;
  readonly clock?: TestClock;
  readonly append?: AppendEvent;
  /** How often a run cannot be cancelled before it can. */
  readonly cancelsFailing?: number;
};

/** A controller that begins to lead at that moment. */
export async function controller(
  bus: TestBus,
  entries: readonly LiveWorkflow[],
  { at = noonMs, clock = createTestClock(at), append, cancelsFailing = 0 }: Start = {},
): Promise<Controller> {
  const nc = await bus.connect();
  const history = historyOf(nc);
  const stored = new Map(entries.map((entry) => [entry.artifact.name, entry]));
  const ending = new AbortController();
  const cancelled: string[] = [];
  let failing = cancelsFailing;
  const cancel = (_workflow: string, run: string): Promise<void> => {
    if (failing-- > 0) return Promise.reject(new Error("the index is behind"));
    cancelled.push(run);
    return Promise.resolve();
  };
  const cursors = await openSlotCursors(bus.buckets.slots, () => {});
  const now = (): Date => new Date(clock.nowMs());
  const events = createSlotEvents({ append: append ?? appendOver(nc), history, now, signal: ending.signal, log });
  const replacements = createReplacements({ cancel, signal: ending.signal, log });
  const repair = await startSlotRepair({ cursors, events, replacements, oldestEventMs: () => Promise.resolve(0), log });
  const trigger = startTimeTrigger([...stored.keys()], {
    cursors,
    events,
    underWay: createUnderWay({ history, waiting: createWaitingRuns(nc), handledThrough: () => history.streamEnd() }),
    workflow: (name) => stored.get(name) ?? null,
    replacements,
    upSinceMs: clock.nowMs(),
    clock,
    log,
  });
  return {
    clock,
    cancelled,
    nextDueMs: (workflow) => trigger.nextDueMs(workflow),
    save(entry, name = entry?.artifact.name ?? "") {
      if (entry) stored.set(name, entry);
      else stored.delete(name);
      trigger.changed(name);
    },
    async stop() {
      ending.abort();
      await trigger.stop();
      repair.stop();
      cursors.stop();
    },
  };
}

export const every = (period: string, more: Partial<TimeSchedule> = {}, at = noon): LiveWorkflow =>
  entryOf("w", timeOf(period, more), { at });

export const timeOf = (period: string, more: Partial<TimeSchedule> = {}): { time: TimeSchedule } => ({
  time: { period, ...rules, ...more },
});

/** `10 ran`: what is told of the slot 10 s after noon. */
export async function told(bus: TestBus): Promise<string[]> {
  const events = await bus.events("slot");
  return events.map(({ value }) => {
    const { due, outcome, count } = value as SlotReport;
    return `${(Date.parse(due) - noonMs) / 1_000} ${outcome}${count === 1 ? "" : ` x${count}`}`;
  });
}

export const expectTold = (bus: TestBus, expected: readonly string[]): Promise<void> =>
  vi.waitFor(async () => expect(await told(bus)).toEqual(expected), soon);

/** As the agent's: the run of a slot that was told. */
export async function endRun(bus: TestBus, slot: Event | undefined, state: RunState = "completed"): Promise<void> {
  if (!slot) throw new Error("there is no slot");
  const { run, workflow, due } = slot.value as SlotReport;
  const cause = slot.id;
  const report = reportOf({ id: run ?? "", workflow, state, cause, trigger: "time", attempt: 1, slot: due });
  await bus.emit(workflow, {
    id: runEventId(report),
    source: `/workflows/${workflow}`,
    type: "run",
    tags: runTags(report),
    value: report,
    timestamp: noon,
  });
}

export function runOf(slot: Event | undefined): string | null {
  return slot ? (slot.value as SlotReport).run : null;
}
