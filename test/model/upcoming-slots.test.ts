import { expect, test } from "vitest";
import { upcomingSlots } from "../../model/upcoming-slots.ts";

const rules = { overlap: "skip", missed: "once" } as const;
const fromMs = Date.parse("2026-03-28T00:00:00Z");

test("slots are shown in the schedule's zone, with what daylight saving time does to them", () => {
  const schedule = { cron: "30 2 * * *", timezone: "Europe/Amsterdam", ...rules };
  expect(upcomingSlots(schedule, { scheduledAtMs: 0, fromMs, count: 2 })).toStrictEqual([
    { due: "2026-03-28T01:30:00.000Z", local: "2026-03-28T02:30:00+01:00", note: null },
    { due: "2026-03-29T01:00:00.000Z", local: "2026-03-29T03:00:00+02:00", note: "dst-gap" },
  ]);
});

test("or in a zone that is asked for", () => {
  const schedule = { cron: "30 2 * * *", timezone: "Europe/Amsterdam", ...rules };
  const preview = { scheduledAtMs: 0, fromMs, count: 1 };
  const local = (timezone: string): (string | undefined)[] =>
    upcomingSlots(schedule, { ...preview, timezone }).map((slot) => slot.local);
  expect(local("America/St_Johns")).toStrictEqual(["2026-03-27T23:00:00-02:30"]);
  expect(local("Australia/Lord_Howe")).toStrictEqual(["2026-03-28T12:30:00+11:00"]);
});

test("a period is shown in UTC, and no more slots than there are", () => {
  const schedule = { period: "PT1.5S", repeat: 2, ...rules };
  expect(upcomingSlots(schedule, { scheduledAtMs: fromMs, fromMs, count: 10 })).toStrictEqual([
    { due: "2026-03-28T00:00:01.500Z", local: "2026-03-28T00:00:01.500+00:00", note: null },
    { due: "2026-03-28T00:00:03.000Z", local: "2026-03-28T00:00:03+00:00", note: null },
  ]);
});
