import { describe, expect, test } from "vitest";
import type { TimeSchedule } from "../../model/schedule.ts";
import { lastSlot, nextSlot, slotsBetween } from "../../model/slots.ts";

const rules = { overlap: "skip", missed: "once" } as const;
const everySecond: TimeSchedule = { period: "PT1S", ...rules };
const at = (text: string): number => Date.parse(text);
const iso = (ms: number): string => new Date(ms).toISOString().replace(/:00\.000Z$|\.000Z$/, "");

test.for<[what: string, time: { readonly period: string; readonly start?: string }, slots: readonly string[]]>([
  [
    "without a start, the first slot is a period after saving",
    { period: "PT5S" },
    ["2026-01-31T08:15:35", "2026-01-31T08:15:40", "2026-01-31T08:15:45"],
  ],
  [
    "months are counted from the start and end with the month",
    { period: "P1M", start: "2026-01-31T12:00:00Z" },
    ["2026-01-31T12:00", "2026-02-28T12:00", "2026-03-31T12:00", "2026-04-30T12:00"],
  ],
  [
    "months before the moment of saving are no slots to run",
    { period: "P1M", start: "2023-12-31T00:00:00Z" },
    ["2026-02-28T00:00", "2026-03-31T00:00", "2026-04-30T00:00"],
  ],
  [
    "a year after a leap day is the 28th, four years after it the 29th",
    { period: "P1Y", start: "2024-02-29T06:00:00Z" },
    ["2026-02-28T06:00", "2027-02-28T06:00", "2028-02-29T06:00", "2029-02-28T06:00"],
  ],
  [
    "months and days together",
    { period: "P1M1DT1H", start: "2026-01-31T00:00:00Z" },
    ["2026-03-01T01:00", "2026-04-02T02:00", "2026-05-03T03:00"],
  ],
  [
    "a start to come is the first slot",
    { period: "P2W", start: "2030-01-01T00:00:00Z" },
    ["2030-01-01T00:00", "2030-01-15T00:00"],
  ],
  ["halves of seconds", { period: "PT1.5S" }, ["2026-01-31T08:15:31.500Z", "2026-01-31T08:15:33"]],
])("%s", ([, time, expected]) => {
  const schedule: TimeSchedule = { ...time, ...rules };
  const scheduledAtMs = at("2026-01-31T08:15:30Z");
  const slots = slotsBetween(schedule, {
    scheduledAtMs,
    afterMs: 0,
    untilMs: Infinity,
    countMax: expected.length,
  });
  expect(slots.map(({ dueMs }) => iso(dueMs))).toStrictEqual(expected);
});

describe("repeat", () => {
  const scheduledAtMs = at("2026-01-01T00:00:00Z");
  const all = (schedule: TimeSchedule): string[] =>
    slotsBetween(schedule, { scheduledAtMs, afterMs: 0, untilMs: Infinity, countMax: 100 }).map(({ dueMs }) =>
      iso(dueMs),
    );

  test("without a start there are so many slots", () => {
    expect(all({ period: "P1D", repeat: 2, ...rules })).toStrictEqual(["2026-01-02T00:00", "2026-01-03T00:00"]);
  });

  test("with a start, slots before the moment of saving count", () => {
    const daily = { period: "P1D", start: "2025-12-30T12:00:00Z", ...rules } as const;
    expect(all({ ...daily, repeat: 3 })).toStrictEqual(["2026-01-01T12:00"]);
    expect(all({ ...daily, repeat: 2 })).toStrictEqual([]);
  });

  test("a cron expression has so many slots after saving, whenever one asks", () => {
    const daily: TimeSchedule = { cron: "30 2 * * *", timezone: "Europe/Amsterdam", repeat: 100, ...rules };
    expect(all(daily)).toHaveLength(100);
    expect(all(daily).at(-1)).toBe("2026-04-10T00:30");
    const final = at("2026-04-10T00:30:00Z");
    expect(nextSlot({ ...daily }, { scheduledAtMs, afterMs: final - 1 })).toStrictEqual({
      dueMs: final,
      index: 99,
      note: null,
    });
    expect(nextSlot({ ...daily }, { scheduledAtMs, afterMs: final })).toBeNull();
  });

  test.for<TimeSchedule>([
    { cron: "*/20 * * * *", timezone: "America/New_York", repeat: 50_000, ...rules },
    { period: "P1M", start: "2020-01-31T00:00:00Z", repeat: 80, ...rules },
    { period: "PT7S", repeat: 1_000_000, ...rules },
  ])("the last slot of $cron$period is the one with the last index, long after it", (schedule) => {
    const last = lastSlot(schedule, { scheduledAtMs, afterMs: scheduledAtMs, untilMs: at("2090-01-01T00:00:00Z") });
    expect(last?.index).toBe((schedule.repeat ?? 0) - 1);
    expect(nextSlot(schedule, { scheduledAtMs, afterMs: (last?.dueMs ?? 0) - 1 })).toStrictEqual(last);
    expect(lastSlot(schedule, { scheduledAtMs, afterMs: last?.dueMs ?? 0, untilMs: Infinity })).toBeNull();
  });
});

test("a stretch of missed slots is measured by its first and its last", () => {
  const scheduledAtMs = at("2026-01-01T00:00:00Z");
  const stretch = { scheduledAtMs, afterMs: at("2026-02-01T00:00:00Z"), untilMs: at("2026-02-11T00:00:00Z") };
  const [first, last] = [nextSlot(everySecond, stretch), lastSlot(everySecond, stretch)];
  expect(iso(first?.dueMs ?? 0)).toBe("2026-02-01T00:00:01");
  expect(iso(last?.dueMs ?? 0)).toBe("2026-02-11T00:00");
  expect((last?.index ?? 0) - (first?.index ?? 0) + 1).toBe(864_000);
});

test("a stretch without a slot has no last one", () => {
  const stretch = { scheduledAtMs: 0, afterMs: 1_000, untilMs: 1_999 };
  expect(lastSlot(everySecond, stretch)).toBeNull();
  expect(lastSlot({ cron: "* * * * * *", ...rules }, stretch)).toBeNull();
});

test("slots end with the year 2399", () => {
  const centuries: TimeSchedule = { period: "P100Y", start: "2000-01-01T00:00:00Z", ...rules };
  const slots = slotsBetween(centuries, { scheduledAtMs: 0, afterMs: 0, untilMs: Infinity, countMax: 100 });
  expect(slots.map(({ dueMs }) => iso(dueMs).slice(0, 4))).toStrictEqual(["2000", "2100", "2200", "2300"]);
  expect(nextSlot({ period: "P999999Y", ...rules }, { scheduledAtMs: 0, afterMs: 0 })).toBeNull();
  expect(
    nextSlot({ cron: "0 0 29 2 *", ...rules }, { scheduledAtMs: 0, afterMs: at("2396-03-01T00:00:00Z") }),
  ).toBeNull();
});

test.for(["P1M", "P1Y2M3DT4H", "P5M", "P13M", "PT1H", "P1000Y1M"])(
  "%s: far from the start no slot is left out",
  (period) => {
    const schedule: TimeSchedule = { period, start: "1999-12-31T23:59:59Z", ...rules };
    const slots = slotsBetween(schedule, { scheduledAtMs: 0, afterMs: 0, untilMs: Infinity, countMax: 5_000 });
    expect(slots.every(({ index }, place) => index === place)).toBe(true);
    for (const [place, slot] of slots.entries()) {
      const { dueMs } = slot;
      expect(nextSlot(schedule, { scheduledAtMs: 0, afterMs: dueMs - 1 })).toStrictEqual(slot);
      expect(lastSlot(schedule, { scheduledAtMs: 0, afterMs: 0, untilMs: dueMs })).toStrictEqual(slot);
      expect(lastSlot(schedule, { scheduledAtMs: 0, afterMs: 0, untilMs: dueMs - 1 })).toStrictEqual(
        slots[place - 1] ?? null,
      );
    }
  },
);
