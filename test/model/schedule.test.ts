import { describe, expect, test } from "vitest";
import { type ScheduleKind, parseSchedule, scheduleKind } from "../../model/schedule.ts";
import { problemsOf, valueOf } from "./parsed.ts";

test.for<[raw: unknown, kind: ScheduleKind, stored: unknown]>([
  ["daemon", "daemon", "daemon"],
  ["manual", "manual", "manual"],
  [{ time: "PT5S" }, "time", { time: { period: "PT5S" } }],
  [{ time: "P1Y2M3DT4H5M6S" }, "time", { time: { period: "P1Y2M3DT4H5M6S" } }],
  [{ time: { period: "PT5S", start: "now", repeat: 10 } }, "time", { time: { period: "PT5S", repeat: 10 } }],
  [
    { time: { period: "P1D", start: "2016-12-03T08:15:30Z" } },
    "time",
    { time: { period: "P1D", start: "2016-12-03T08:15:30.000Z" } },
  ],
  [
    { time: { period: "P1D", start: "2016-12-03T08:15:30+0200" } },
    "time",
    { time: { period: "P1D", start: "2016-12-03T06:15:30.000Z" } },
  ],
  [{ time: "*/5  * * * *" }, "time", { time: { cron: "*/5 * * * *" } }],
  [{ time: "30 0 9 * * MON-FRI" }, "time", { time: { cron: "30 0 9 * * MON-FRI" } }],
  [{ time: "@daily" }, "time", { time: { cron: "@daily" } }],
  [
    { time: { cron: "0 9 * * THU", timezone: "Europe/Amsterdam" } },
    "time",
    { time: { cron: "0 9 * * THU", timezone: "Europe/Amsterdam" } },
  ],
  [{ event: "a:b" }, "event", { event: { tags: ["a:b"] } }],
  [{ event: ["a", "b"] }, "event", { event: { tags: ["a", "b"] } }],
  [
    { event: { tags: "a", type: "t", source: "/workflows/x" } },
    "event",
    { event: { tags: ["a"], type: "t", source: "/workflows/x" } },
  ],
  [{ event: { type: "t" } }, "event", { event: { tags: [], type: "t" } }],
  [{ webhook: { key: "k-1" } }, "webhook", { webhook: { key: "k-1" } }],
])("%j is a %s schedule", ([raw, kind, stored]) => {
  const schedule = valueOf(parseSchedule(raw));
  expect(schedule).toStrictEqual(stored);
  expect(scheduleKind(schedule)).toBe(kind);
  expect(valueOf(parseSchedule(schedule))).toStrictEqual(stored);
});

describe("refused", () => {
  const forms = '"daemon", "manual" or an object with time, event or webhook';
  const duration = 'an ISO 8601 duration such as "PT5S"';
  const cron = 'a cron expression such as "*/5 * * * *"';
  const instant = 'an ISO 8601 instant from 1970 to 9999 such as "2026-01-31T08:15:30Z"';

  test.for<[raw: unknown, ...problems: string[]]>([
    ["deamon", `schedule: expected ${forms}, got "deamon"; write "daemon"`],
    ["PT5S", `schedule: expected ${forms}, got "PT5S"; write {time: "PT5S"}`],
    ["5s", `schedule: expected ${forms}, got "5s"; write {time: "PT5S"}`],
    ["* * * * *", `schedule: expected ${forms}, got "* * * * *"; write {time: "* * * * *"}`],
    [
      {},
      `schedule: expected ${forms}, got an empty object; write "daemon", or {time: "PT5S"}, {event: tag}, {webhook: {key: …}}`,
    ],
    [{ time: "5s" }, `schedule.time: expected ${duration}, got "5s"; write "PT5S"`],
    [{ time: 5 }, `schedule.time: expected ${duration}, got 5; write "PT5S"`],
    [{ time: { period: "5s" } }, `schedule.time.period: expected ${duration}, got "5s"; write "PT5S"`],
    [{ time: "PT0S" }, 'schedule.time: expected a period of at least 1 second, got "PT0S"; write "PT1S" or longer'],
    [
      { time: { start: "now" } },
      `schedule.time.period: expected ${duration}, got nothing; add "period:", such as "period: PT5S"`,
    ],
    [
      { time: { period: "PT5S", repeat: 0 } },
      "schedule.time.repeat: expected how many times: a whole number from 1 to 1000000000, got 0; write 1",
    ],
    [
      { time: { period: "PT5S", start: "2016-12-03T08:15:30" } },
      `schedule.time.start: expected ${instant}, got "2016-12-03T08:15:30"; add "Z" for UTC: "2016-12-03T08:15:30Z"`,
    ],
    [
      { time: { period: "PT5S", start: "2016-02-30T08:15:30Z" } },
      `schedule.time.start: expected ${instant}, got "2016-02-30T08:15:30Z"; write a date and time that exist`,
    ],
    [
      { time: { period: "PT5S", start: "tomorrow" } },
      `schedule.time.start: expected ${instant}, got "tomorrow"; write the date, T, the time and Z`,
    ],
    [
      { time: "61 * * * *" },
      `schedule.time: expected ${cron}, got "61 * * * *" (Constraint error, got value 61 expected range 0-59); correct the expression`,
    ],
    [
      { time: { cron: "* *" } },
      `schedule.time.cron: expected ${cron}, got "* *"; write five fields, or six with seconds first`,
    ],
    [{ time: "H * * * *" }, `schedule.time: expected ${cron}, got "H * * * *"; write a number for H`],
    [
      { time: { cron: "@daily", timezone: "Europe/Berln" } },
      'schedule.time.timezone: expected the name of a time zone such as "Europe/Amsterdam", got "Europe/Berln"; write "Europe/Berlin"',
    ],
    [
      { time: { cron: "@daily", period: "PT5S" } },
      "schedule.time.period: expected a field of a cron schedule (cron, timezone), got an unknown field; remove it",
    ],
    [{ event: [] }, 'schedule.event: expected at least one tag, got an empty list; add one, such as "hello"'],
    [
      { event: {} },
      'schedule.event: expected at least one of tags, type and source, got an empty object; add "tags:" with a tag',
    ],
    [
      { event: ["a", 1] },
      'schedule.event[1]: expected a tag: a text without control characters, got 1; put it in quotes: "1"',
    ],
    [
      { webhook: {} },
      'schedule.webhook.key: expected a key of letters, digits, dot, dash and underscore, got nothing; add "key:"',
    ],
    [
      { time: "PT5S", event: "a" },
      "schedule: expected one kind of schedule, got time and event; make one workflow for each",
    ],
    [
      { tiem: "PT5S" },
      'schedule.tiem: expected a field of a schedule (time, event, webhook), got an unknown field; write "time"',
    ],
  ])("%j", ([raw, ...problems]) => {
    expect(problemsOf(parseSchedule(raw))).toStrictEqual(problems);
  });

  test("a day that never comes", () => {
    expect(problemsOf(parseSchedule({ time: "0 0 30 2 *" }))).toHaveLength(1);
  });
});
