// Somebody sets the clock of the machine, forwards or back, while a controller leads: every slot is told exactly once (I3).
import { expect, test, vi } from "vitest";
import { startBus } from "./bus.ts";
import { controller, every, expectTold, seconds, soon, told } from "./time-controller.ts";

const hour = 3_600;

test.each([
  // The last two are at most 10 s late.
  ["skip", (n: number) => (n >= 364 ? "ran" : "missed")],
  ["once", (n: number) => (n >= 363 ? "ran" : "coalesced")],
  ["all", () => "ran"],
] as const)("set forwards by an hour, missed: %s counts every slot on the way", async (missed, outcomeOf) => {
  await using bus = await startBus();
  const one = await controller(bus, [every("PT10S", { missed, overlap: "queue" })]);
  one.clock.jumpTo(seconds(10));
  await expectTold(bus, ["10 ran"]);
  await vi.waitFor(() => expect(one.nextDueMs("w")).toBe(seconds(20)), soon);
  one.clock.setTo(seconds(40 + hour));
  one.clock.jumpTo(seconds(50 + hour));
  const expected = Array.from({ length: 364 }, (_, n) => `${(n + 2) * 10} ${outcomeOf(n + 2)}`);
  await expectTold(bus, ["10 ran", ...expected]);
  await one.stop();
});

test("set back by an hour, no slot is told again; the next one is told when the clock has come to it", async () => {
  await using bus = await startBus();
  const one = await controller(bus, [every("PT10S", { overlap: "queue" })]);
  one.clock.jumpTo(seconds(10));
  await expectTold(bus, ["10 ran"]);
  await vi.waitFor(() => expect(one.nextDueMs("w")).toBe(seconds(20)), soon);
  one.clock.setTo(seconds(11 - hour));
  for (const later of [30, 60, 600, hour]) one.clock.jumpTo(seconds(later - hour));
  one.clock.jumpTo(seconds(19));
  expect(await told(bus)).toEqual(["10 ran"]);
  one.clock.jumpTo(seconds(20));
  await expectTold(bus, ["10 ran", "20 ran"]);
  await one.stop();
});

test("set back by mistake and right again, slots are not late by the difference", async () => {
  await using bus = await startBus();
  const one = await controller(bus, [every("PT10S", { overlap: "queue" })]);
  one.clock.jumpTo(seconds(10));
  await expectTold(bus, ["10 ran"]);
  await vi.waitFor(() => expect(one.nextDueMs("w")).toBe(seconds(20)), soon);
  one.clock.setTo(seconds(5 - hour));
  one.clock.jumpTo(seconds(16 - hour));
  one.clock.setTo(seconds(25));
  // Within a minute, by a clock that nobody sets.
  one.clock.jumpTo(seconds(80));
  await vi.waitFor(async () => expect((await told(bus))[1]).toMatch(/^20 /), soon);
  await one.stop();
});
