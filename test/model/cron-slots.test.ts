// The rule for daylight saving time, over ten years, against a walk through all days and wall-clock minutes (wall-clock.ts).
import { describe, expect, test } from "vitest";
import type { TimeSchedule } from "../../model/schedule.ts";
import { lastSlot, nextSlot, slotsBetween } from "../../model/slots.ts";
import { wallClock } from "./wall-clock.ts";

const dayMs = 86_400_000;
const from = Date.UTC(2020, 0, 1);
const until = Date.UTC(2030, 0, 1);

type Day = { readonly month: number; readonly day: number; readonly weekday: number; readonly year: number };
type Times = {
  readonly on: (day: Day) => boolean;
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
};

const everyDay = (): boolean => true;
const hours = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

const expressions: readonly [cron: string, times: Times][] = [
  ["30 2 * * *", { on: everyDay, hours: [2], minutes: [30] }],
  ["0 3 * * *", { on: everyDay, hours: [3], minutes: [0] }],
  ["*/10 1-3 * * *", { on: everyDay, hours: [1, 2, 3], minutes: [0, 10, 20, 30, 40, 50] }],
  ["15,45 * * * SUN", { on: ({ weekday }) => weekday === 0, hours: hours(0, 23), minutes: [15, 45] }],
  ["59 23 29 FEB *", { on: ({ month, day }) => month === 2 && day === 29, hours: [23], minutes: [59] }],
  [
    "0 0 L 2 *",
    { on: ({ month, day, year }) => month === 2 && day === (isLeap(year) ? 29 : 28), hours: [0], minutes: [0] },
  ],
  ["5 2 13 * 5", { on: ({ day, weekday }) => day === 13 || weekday === 5, hours: [2], minutes: [5] }],
];

describe.for(["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])("%s", (timezone) => {
  const clock = wallClock(timezone);

  test.for(expressions)("%s has the slots of the oracle for ten years", ([cron, times]) => {
    const schedule: TimeSchedule = { cron, timezone, overlap: "skip", missed: "once" };
    const slots = slotsBetween(schedule, { scheduledAtMs: from, afterMs: from, untilMs: until, countMax: 1_000_000 });
    const expected = [...new Set(wallTimes(times).map((wallMs) => clock.dueAt(wallMs)))].filter(
      (ms) => ms > from && ms <= until,
    );
    expect(slots.map(({ dueMs }) => dueMs)).toStrictEqual(expected);
    expect(slots.every(({ index }, place) => index === place)).toBe(true);
  });

  test("the noted slots are those whose wall time does not exist, or occurs twice", () => {
    const schedule: TimeSchedule = { cron: "*/15 0-4 * * *", timezone, overlap: "skip", missed: "once" };
    const slots = slotsBetween(schedule, { scheduledAtMs: from, afterMs: from, untilMs: until, countMax: 1_000_000 });
    const noted = slots.filter(({ note }) => note !== null);
    expect(noted.length).toBeGreaterThan(20);
    for (const { dueMs, note } of noted) {
      const wall = clock.wallAt(dueMs);
      const leaptTo = wall - clock.wallAt(dueMs - 60_000) > 60_000;
      const comesAgain = [30, 60].some((minutes) => clock.wallAt(dueMs + minutes * 60_000) === wall);
      expect({ note, leaptTo, comesAgain }).toStrictEqual(
        note === "dst-gap" ? { note, leaptTo: true, comesAgain: false } : { note, leaptTo: false, comesAgain: true },
      );
    }
  });
});

test("a lost hour of slots is due once, at its end, and a repeated hour only the first time", () => {
  const schedule: TimeSchedule = {
    cron: "*/20 * * * *",
    timezone: "Europe/Amsterdam",
    overlap: "skip",
    missed: "once",
  };
  expect(shown(schedule, "2026-03-29T00:30:00Z", "2026-03-29T01:45:00Z")).toStrictEqual([
    "00:40",
    "01:00 dst-gap",
    "01:20",
    "01:40",
  ]);
  expect(shown(schedule, "2026-10-24T23:30:00Z", "2026-10-25T02:20:00Z")).toStrictEqual([
    "23:40",
    "00:00 dst-overlap",
    "00:20 dst-overlap",
    "00:40 dst-overlap",
    "02:00",
    "02:20",
  ]);
});

test("a day that a zone left out is due when the next one begins", () => {
  const schedule: TimeSchedule = { cron: "0 12 * * *", timezone: "Pacific/Apia", overlap: "skip", missed: "once" };
  expect(
    slotsBetween(schedule, {
      scheduledAtMs: 0,
      afterMs: Date.parse("2011-12-29T00:00:00Z"),
      untilMs: Date.parse("2012-01-01T00:00:00Z"),
      countMax: 10,
    }).map(({ dueMs, note }) => `${new Date(dueMs).toISOString().slice(5, 16)} ${note}`),
  ).toStrictEqual(["12-29T22:00 null", "12-30T10:00 dst-gap", "12-30T22:00 null", "12-31T22:00 null"]);
});

test.for(["*/20 * * * *", "30 2 * * *", "*/7 * * * * *"])(
  "%s: from any moment, next and last are neighbours whose indexes follow each other",
  (cron) => {
    const schedule: TimeSchedule = { cron, timezone: "America/New_York", overlap: "skip", missed: "once" };
    const scheduledAtMs = Date.parse("2025-06-01T12:00:00.500Z");
    for (const around of ["2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z"]) {
      for (let minute = -120; minute <= 120; minute += 7) {
        const afterMs = Date.parse(around) + minute * 60_000 + 321;
        const next = nextSlot(schedule, { scheduledAtMs, afterMs });
        const last = lastSlot(schedule, { scheduledAtMs, afterMs: scheduledAtMs, untilMs: afterMs });
        expect(last?.dueMs).toBeLessThanOrEqual(afterMs);
        expect(next?.dueMs).toBeGreaterThan(afterMs);
        expect(next?.index).toBe((last?.index ?? 0) + 1);
        expect(nextSlot(schedule, { scheduledAtMs, afterMs: last?.dueMs ?? 0 })).toStrictEqual(next);
        expect(nextSlot({ ...schedule }, { scheduledAtMs, afterMs })).toStrictEqual(next);
      }
    }
  },
);

/** All wall times of a table of times, in order; a little more than the ten years on both sides. */
function wallTimes({ on, hours: ofDay, minutes }: Times): number[] {
  const walls: number[] = [];
  for (let ms = from - 2 * dayMs; ms < until + 2 * dayMs; ms += dayMs) {
    const date = new Date(ms);
    const day = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    if (!on({ ...day, weekday: date.getUTCDay() })) continue;
    for (const hour of ofDay) for (const minute of minutes) walls.push(ms + (hour * 60 + minute) * 60_000);
  }
  return walls;
}

function shown(schedule: TimeSchedule, after: string, before: string): string[] {
  const [afterMs, untilMs] = [Date.parse(after), Date.parse(before)];
  return slotsBetween(schedule, { scheduledAtMs: 0, afterMs, untilMs, countMax: 100 }).map(
    ({ dueMs, note }) => new Date(dueMs).toISOString().slice(11, 16) + (note === null ? "" : ` ${note}`),
  );
}
