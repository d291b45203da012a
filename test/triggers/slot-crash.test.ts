// A slot is told once although its controller, or the server, dies while it is decided (I3).
import { describe, expect, test, vi } from "vitest";
import type { AppendEvent } from "../../controller/events/append.ts";
import { startBus } from "./bus.ts";
import { controller, every, expectTold, runOf, seconds, soon, told } from "./time-controller.ts";

describe("a controller that dies between its decision and the event of it", () => {
  const dies: AppendEvent = () => Promise.reject(new Error("killed"));

  test("leaves the event to the next one that leads, which tells it once", async () => {
    await using bus = await startBus();
    const killed = await controller(bus, [every("PT10S", { overlap: "queue" })], { append: dies });
    killed.clock.jumpTo(seconds(10));
    await vi.waitFor(
      async () =>
        expect((await bus.buckets.slots.get("w"))?.json()).toMatchObject({ through: "2026-01-01T12:00:10.000Z" }),
      soon,
    );
    await killed.stop();
    expect(await told(bus)).toEqual([]);

    const next = await controller(bus, [every("PT10S", { overlap: "queue" })], { at: seconds(12) });
    expect(await told(bus)).toEqual(["10 ran"]);
    await next.stop();
    const again = await controller(bus, [every("PT10S", { overlap: "queue" })], { at: seconds(14) });
    again.clock.jumpTo(seconds(20));
    await expectTold(bus, ["10 ran", "20 ran"]);
    await again.stop();
  });

  test("leaves it to one that leads already, which has seen its decision", { timeout: 20_000 }, async () => {
    await using bus = await startBus();
    const leading = await controller(bus, []);
    const killed = await controller(bus, [every("PT10S")], { append: dies });
    killed.clock.jumpTo(seconds(10));
    await vi.waitFor(async () => expect(await told(bus)).toEqual(["10 ran"]), { timeout: 15_000, interval: 100 });
    await Promise.all([killed.stop(), leading.stop()]);
  });

  test("and had replaced a run: the next one ends that run", async () => {
    await using bus = await startBus();
    const entry = every("PT10S", { overlap: "replace" });
    const one = await controller(bus, [entry]);
    one.clock.jumpTo(seconds(10));
    await expectTold(bus, ["10 ran"]);
    await one.stop();
    const killed = await controller(bus, [entry], { at: seconds(11), append: dies });
    killed.clock.jumpTo(seconds(20));
    await vi.waitFor(
      async () =>
        expect((await bus.buckets.slots.get("w"))?.json()).toMatchObject({ through: "2026-01-01T12:00:20.000Z" }),
      soon,
    );
    await killed.stop();
    const next = await controller(bus, [entry], { at: seconds(21) });
    const [first] = await bus.events("slot");
    expect(next.cancelled).toEqual([runOf(first)]);
    expect(await told(bus)).toEqual(["10 ran", "20 ran"]);
    await next.stop();
  });
});

test("a run that cannot be ended yet holds up no slot that takes its place, and is ended when it can be", async () => {
  await using bus = await startBus();
  const one = await controller(bus, [every("PT10S", { overlap: "replace" })], { cancelsFailing: 2 });
  for (const n of [10, 20, 30]) {
    one.clock.jumpTo(seconds(n));
    await vi.waitFor(async () => expect(await told(bus)).toContain(`${n} ran`), soon);
    await vi.waitFor(() => expect(one.nextDueMs("w")).toBe(seconds(n + 10)), soon);
  }
  expect(await told(bus)).toEqual(["10 ran", "20 ran", "30 ran"]);
  const [first, second] = await bus.events("slot");
  await vi.waitFor(() => expect(new Set(one.cancelled)).toEqual(new Set([runOf(first), runOf(second)])), soon);
  await one.stop();
});

test("slots are decided and told after the server was away, and none is lost", { timeout: 30_000 }, async () => {
  await using bus = await startBus();
  const one = await controller(bus, [every("PT2S", { overlap: "queue", missed: "all" })]);
  one.clock.jumpTo(seconds(2));
  await expectTold(bus, ["2 ran"]);
  await vi.waitFor(() => expect(one.nextDueMs("w")).toBe(seconds(4)), soon);
  await bus.nats.kill();
  one.clock.jumpTo(seconds(4));
  await bus.nats.restart();
  await vi.waitFor(
    async () => {
      one.clock.jumpTo(one.clock.nowMs() + 200);
      expect(await told(bus)).toContain("4 ran");
    },
    { timeout: 20_000, interval: 100 },
  );
  const dues = (await told(bus)).map((line) => Number(line.split(" ", 1)[0]));
  expect(dues).toEqual(Array.from({ length: dues.length }, (_, n) => (n + 1) * 2));
  await one.stop();
});
