// Slots become events, exactly one each, as overlap, missed and edits say.
import { describe, expect, test, vi } from "vitest";
import { runIdOf } from "../../controller/runs/run-id.ts";
import type { SlotReport } from "../../model/slot.ts";
import { startBus } from "./bus.ts";
import { entryOf, rules } from "./entries.ts";
import { controller, endRun, every, expectTold, noon, runOf, seconds, soon, timeOf, told } from "./time-controller.ts";

test("a slot is an event when it is due, with its run's id, and the next one follows", async () => {
  await using bus = await startBus();
  const one = await controller(bus, [every("PT10S", { overlap: "queue" })]);
  expect(one.nextDueMs("w")).toBe(seconds(10));
  one.clock.jumpTo(seconds(10));
  await expectTold(bus, ["10 ran"]);
  const [slot] = await bus.events("slot");
  expect(slot).toMatchObject({
    source: "/controller",
    tags: ["slots:w", "workflows:w", "slot:ran", "slots", "workflows", "slot"],
    timestamp: "2026-01-01T12:00:10.000Z",
    value: { workflow: "w", run: runIdOf("w", slot?.id ?? ""), revision: 1 },
  });
  await vi.waitFor(() => expect(one.nextDueMs("w")).toBe(seconds(20)), soon);
  one.clock.jumpTo(seconds(20));
  await expectTold(bus, ["10 ran", "20 ran"]);
  await one.stop();
});

test("two controllers that both believe to lead decide every slot once", async () => {
  await using bus = await startBus();
  const workflows = Array.from({ length: 20 }, (_, n) =>
    entryOf(`w${n}`, { time: { period: "PT1S", ...rules, overlap: "queue" } }, { at: noon }),
  );
  const [one, two] = await Promise.all([controller(bus, workflows), controller(bus, workflows)]);
  for (let second = 1; second <= 10; second++) {
    one.clock.jumpTo(seconds(second));
    two.clock.jumpTo(seconds(second));
    await vi.waitFor(async () => expect(await bus.events("slot")).toHaveLength(second * 20), soon);
    await vi.waitFor(() => {
      for (const { artifact } of workflows)
        expect([one.nextDueMs(artifact.name), two.nextDueMs(artifact.name)]).toEqual([
          seconds(second + 1),
          seconds(second + 1),
        ]);
    }, soon);
  }
  const events = await bus.events("slot");
  expect(new Set(events.map(({ id }) => id)).size).toBe(200);
  expect(events.every(({ value }) => (value as SlotReport).outcome === "ran")).toBe(true);
  await Promise.all([one.stop(), two.stop()]);
});

describe("slots that were due while no controller was up", () => {
  test.each([
    ["skip", ["10 missed", "20 missed", "30 missed"]],
    ["once", ["10 coalesced", "20 coalesced", "30 ran"]],
    ["all", ["10 ran", "20 ran", "30 ran"]],
  ] as const)("with missed: %s are told as %j", async (missed, expected) => {
    await using bus = await startBus();
    const back = await controller(bus, [every("PT10S", { missed, overlap: "queue" })], { at: seconds(35) });
    back.clock.jumpTo(seconds(35));
    await expectTold(bus, expected);
    back.clock.jumpTo(seconds(40));
    await expectTold(bus, [...expected, "40 ran"]);
    await back.stop();
  });
});

describe("overlap: a slot whose predecessor's run", () => {
  test("waits for its slot to be read, or runs, is skipped; after its end slots run again", async () => {
    await using bus = await startBus();
    const one = await controller(bus, [every("PT10S")]);
    one.clock.jumpTo(seconds(10));
    await expectTold(bus, ["10 ran"]);
    const [slot] = await bus.events("slot");
    await vi.waitFor(() => expect(one.nextDueMs("w")).toBe(seconds(20)), soon);
    one.clock.jumpTo(seconds(20));
    await expectTold(bus, ["10 ran", "20 skipped"]);
    await endRun(bus, slot, "started");
    await vi.waitFor(() => expect(one.nextDueMs("w")).toBe(seconds(30)), soon);
    one.clock.jumpTo(seconds(30));
    await expectTold(bus, ["10 ran", "20 skipped", "30 skipped"]);
    await endRun(bus, slot);
    await vi.waitFor(() => expect(one.nextDueMs("w")).toBe(seconds(40)), soon);
    one.clock.jumpTo(seconds(40));
    await expectTold(bus, ["10 ran", "20 skipped", "30 skipped", "40 ran"]);
    await one.stop();
  });

  test("is under way is ended first with overlap: replace", async () => {
    await using bus = await startBus();
    const one = await controller(bus, [every("PT10S", { overlap: "replace" })]);
    one.clock.jumpTo(seconds(10));
    await expectTold(bus, ["10 ran"]);
    const [slot] = await bus.events("slot");
    await vi.waitFor(() => expect(one.nextDueMs("w")).toBe(seconds(20)), soon);
    one.clock.jumpTo(seconds(20));
    await expectTold(bus, ["10 ran", "20 ran"]);
    expect(one.cancelled).toEqual([runOf(slot)]);
    await one.stop();
  });
});

describe("an edit", () => {
  test("of the schedule takes effect at once, and fires no slot that is not one of the new schedule", async () => {
    await using bus = await startBus();
    const one = await controller(bus, [every("PT1H")]);
    one.clock.jumpTo(seconds(5));
    one.save(every("PT10S", {}, new Date(seconds(5)).toISOString()));
    expect(one.nextDueMs("w")).toBe(seconds(15));
    one.clock.jumpTo(seconds(15));
    await expectTold(bus, ["15 ran"]);
    one.save(every("PT1H", {}, new Date(seconds(16)).toISOString()));
    one.clock.jumpTo(seconds(60));
    expect(one.nextDueMs("w")).toBe(seconds(16 + 3_600));
    expect(await told(bus)).toEqual(["15 ran"]);
    await one.stop();
  });

  test("of anything else keeps the rhythm, and a repeat that is reached stays reached over a restart", async () => {
    await using bus = await startBus();
    const two = every("PT10S", { repeat: 2, overlap: "queue" });
    const one = await controller(bus, [two]);
    one.clock.jumpTo(seconds(10));
    await expectTold(bus, ["10 ran"]);
    one.save({ ...two, revision: 2 });
    await one.stop();
    const next = await controller(bus, [{ ...two, revision: 2 }], { at: seconds(15) });
    expect(next.nextDueMs("w")).toBe(seconds(20));
    next.clock.jumpTo(seconds(20));
    await expectTold(bus, ["10 ran", "20 ran"]);
    await vi.waitFor(() => expect(next.nextDueMs("w")).toBeNull(), soon);
    await next.stop();
  });

  test("that gives more slots to a schedule that was over fires none that was due before it", async () => {
    await using bus = await startBus();
    const one = await controller(bus, [every("PT10S", { repeat: 2, overlap: "queue" })]);
    one.clock.jumpTo(seconds(10));
    await expectTold(bus, ["10 ran"]);
    await vi.waitFor(() => expect(one.nextDueMs("w")).toBe(seconds(20)), soon);
    one.clock.jumpTo(seconds(20));
    await expectTold(bus, ["10 ran", "20 ran"]);
    await vi.waitFor(() => expect(one.nextDueMs("w")).toBeNull(), soon);
    one.clock.jumpTo(seconds(45));
    const extendedAt = new Date(seconds(45)).toISOString();
    const longer = timeOf("PT10S", { repeat: 6, overlap: "queue", missed: "all" });
    one.save(entryOf("w", longer, { at: noon, extendedAt, revision: 2 }));
    expect(one.nextDueMs("w")).toBe(seconds(50));
    one.clock.jumpTo(seconds(50));
    await expectTold(bus, ["10 ran", "20 ran", "50 ran"]);
    await vi.waitFor(() => expect(one.nextDueMs("w")).toBe(seconds(60)), soon);
    await one.stop();
    const next = await controller(bus, [entryOf("w", longer, { at: noon, extendedAt, revision: 2 })], {
      at: seconds(55),
    });
    next.clock.jumpTo(seconds(60));
    await expectTold(bus, ["10 ran", "20 ran", "50 ran", "60 ran"]);
    await vi.waitFor(() => expect(next.nextDueMs("w")).toBeNull(), soon);
    await next.stop();
  });

  test("that takes the schedule away forgets it; one that brings it back starts anew", async () => {
    await using bus = await startBus();
    const one = await controller(bus, [every("PT10S", { repeat: 1 })]);
    one.clock.jumpTo(seconds(10));
    await expectTold(bus, ["10 ran"]);
    await vi.waitFor(() => expect(one.nextDueMs("w")).toBeNull(), soon);
    one.save(null, "w");
    await vi.waitFor(async () => expect((await bus.buckets.slots.get("w"))?.operation).not.toBe("PUT"), soon);
    one.save(every("PT10S", { repeat: 1 }, new Date(seconds(12)).toISOString()));
    expect(one.nextDueMs("w")).toBe(seconds(22));
    one.clock.jumpTo(seconds(22));
    await expectTold(bus, ["10 ran", "22 ran"]);
    await one.stop();
  });
});
