// Both triggers together: what is saved sets off runs from then on, what is edited or deleted does not any more.
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import type { LiveWorkflow } from "../../controller/artifacts/entry.ts";
import { runIdOf } from "../../controller/runs/run-id.ts";
import { slotEventId } from "../../controller/triggers/slot-reporting.ts";
import { type Triggers, startTriggers } from "../../controller/triggers/triggers.ts";
import type { SlotReport } from "../../model/slot.ts";
import { type TestBus, appendOver, historyOf, queueOf, startBus } from "./bus.ts";
import { entryOf, rules } from "./entries.ts";
import { type TestClock, createTestClock } from "./test-clock.ts";

const log = pino({ level: "silent" });
const noonMs = Date.UTC(2026, 0, 1, 12);
const noon = new Date(noonMs).toISOString();
const soon = { timeout: 15_000, interval: 20 };

type Leader = { readonly triggers: Triggers; save(name: string, entry: LiveWorkflow | null): void };

async function lead(bus: TestBus, entries: readonly LiveWorkflow[], clock: TestClock): Promise<Leader> {
  const nc = await bus.connect();
  const stored = new Map(entries.map((entry) => [entry.artifact.name, entry]));
  const listeners = new Set<(name: string) => void>();
  const triggers = await startTriggers({
    nc,
    slots: bus.buckets.slots,
    workflows: {
      get: (name) => stored.get(name) ?? null,
      list: () => [...stored.values()],
      refresh: (name) => Promise.resolve(stored.get(name) ?? null),
    },
    onWorkflowChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    queue: queueOf(nc),
    history: historyOf(nc),
    append: appendOver(nc),
    cancel: () => Promise.resolve(),
    clock,
    log,
  });
  return {
    triggers,
    save(name, entry) {
      if (entry) stored.set(name, entry);
      else stored.delete(name);
      for (const listener of listeners) listener(name);
    },
  };
}

const tick = (status: "running" | "suspended" = "running"): LiveWorkflow =>
  entryOf("tick", { time: { period: "PT10S", ...rules, overlap: "queue" } }, { at: noon, status });
const due = (n: number): string => new Date(noonMs + n * 1_000).toISOString();
const order = (id: string) => ({ id, source: "/api", type: "event", tags: ["order"], value: 1, timestamp: noon });

test("a slot that is due becomes the run that its event names, once over a restart", async () => {
  await using bus = await startBus();
  const clock = createTestClock(noonMs);
  const one = await lead(bus, [tick()], clock);
  expect(one.triggers.nextDueMs("tick")).toBe(noonMs + 10_000);
  clock.jumpTo(noonMs + 10_000);
  await vi.waitFor(async () => expect(await bus.queued()).toHaveLength(1), soon);
  await one.triggers.stop();
  const two = await lead(bus, [tick()], clock);
  clock.jumpTo(noonMs + 20_000);
  await vi.waitFor(async () => expect(await bus.queued()).toHaveLength(2), soon);
  const runs = await bus.queued();
  expect(runs.map(({ id, slot, trigger }) => ({ id, slot, trigger }))).toEqual(
    [10, 20].map((n) => ({ id: runIdOf("tick", slotEventId("tick", due(n))), slot: due(n), trigger: "time" })),
  );
  const told = (await bus.events("slot")).map(({ value }) => (value as SlotReport).run);
  expect(told).toEqual(runs.map(({ id }) => id));
  await two.triggers.stop();
});

test("a workflow that is saved while they work is set off from then on, and not after it is deleted", async () => {
  await using bus = await startBus();
  const one = await lead(bus, [], createTestClock(noonMs));
  await bus.append(order("before"));
  one.save("orders", entryOf("orders", { event: { tags: ["order"] } }, { afterSequence: 1 }));
  await bus.append(order("during"));
  await vi.waitFor(async () => expect(await bus.queued()).toHaveLength(1), soon);
  one.save("orders", null);
  await bus.append(order("after"));
  await bus.append({ ...order("by-hand"), type: "manual", source: "/manual/orders" });
  await vi.waitFor(async () => expect(await bus.events("run")).toHaveLength(1), soon);
  expect((await bus.queued()).map(({ id }) => id)).toEqual([runIdOf("orders", "during")]);
  expect((await bus.events("run"))[0]?.value).toMatchObject({
    id: runIdOf("orders", "by-hand"),
    state: "stopped",
    outcome: { reason: "the workflow was deleted" },
  });
  await one.triggers.stop();
});

test("the slots of a suspended workflow are skipped; after it is resumed they run, and none of the skipped ones does", async () => {
  await using bus = await startBus();
  const clock = createTestClock(noonMs);
  const one = await lead(bus, [tick("suspended")], clock);
  clock.jumpTo(noonMs + 10_000);
  await vi.waitFor(async () => expect(await bus.events("slot")).toHaveLength(1), soon);
  await vi.waitFor(() => expect(one.triggers.nextDueMs("tick")).toBe(noonMs + 20_000), soon);
  one.save("tick", tick());
  clock.jumpTo(noonMs + 20_000);
  await vi.waitFor(async () => expect(await bus.queued()).toHaveLength(1), soon);
  const told = (await bus.events("slot")).map(({ value }) => value as SlotReport);
  expect(told.map(({ outcome, reason }) => [outcome, reason])).toEqual([
    ["skipped", "the workflow is suspended"],
    ["ran", null],
  ]);
  await one.triggers.stop();
});
