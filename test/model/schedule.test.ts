import { describe, expect, test } from "vitest";
import { type ScheduleKind, parseSchedule, scheduleKind } from "../../model/schedule.ts";
import { problemsOf, valueOf } from "./parsed.ts";

const rules = { overlap: "skip", missed: "once" };

test.for<[raw: unknown, kind: ScheduleKind, stored: unknown]>([
  ["daemon", "daemon", "daemon"],
  ["manual", "manual", "manual"],
  [{ time: "PT5S" }, "time", { time: { period: "PT5S", ...rules } }],
  [{ time: "P1Y2M3DT4H5M6S" }, "time", { time: { period: "P1Y2M3DT4H5M6S", ...rules } }],
  [{ time: { period: "PT5S", start: "now", repeat: 10 } }, "time", { time: { period: "PT5S", ...rules, repeat: 10 } }],
  [
    { time: { period: "P1D", start: "2016-12-03T08:15:30Z" } },
    "time",
    { time: { period: "P1D", start: "2016-12-03T08:15:30.000Z", ...rules } },
  ],
  [
    { time: { period: "P1D", start: "2016-12-03T08:15:30+0200" } },
    "time",
    { time: { period: "P1D", start: "2016-12-03T06:15:30.000Z", ...rules } },
  ],
  [{ time: "*/5  * * * *" }, "time", { time: { cron: "*/5 * * * *", ...rules } }],
  [{ time: "30 0 9 * * MON-FRI" }, "time", { time: { cron: "30 0 9 * * MON-FRI", ...rules } }],
  [{ time: "@daily" }, "time", { time: { cron: "@daily", ...rules } }],
  [{ time: "0 0 L 2 *" }, "time", { time: { cron: "0 0 L 2 *", ...rules } }],
  [{ time: "0 0 29 2 *" }, "time", { time: { cron: "0 0 29 2 *", ...rules } }],
  [
    { time: { cron: "0 9 * * THU", timezone: "Europe/Amsterdam", repeat: 3 } },
    "time",
    { time: { cron: "0 9 * * THU", timezone: "Europe/Amsterdam", ...rules, repeat: 3 } },
  ],
  [
    { time: { period: "PT1M", overlap: "replace", missed: "all", jitter: "PT10S" } },
    "time",
    { time: { period: "PT1M", overlap: "replace", missed: "all", jitter: "PT10S" } },
  ],
  [
    { time: { cron: "@hourly", overlap: "queue", missed: "skip", jitter: "P1D" } },
    "time",
    { time: { cron: "@hourly", overlap: "queue", missed: "skip", jitter: "P1D" } },
  ],
  [{ event: "a:b" }, "event", { event: { tags: ["a:b"] } }],
  [{ event: ["a", "b"] }, "event", { event: { tags: ["a", "b"] } }],
  [
    { event: { tags: "a", type: "t", source: "/workflows/x" } },
    "event",
    { event: { tags: ["a"], type: "t", source: "/workflows/x" } },
  ],
  [{ event: { type: "t" } }, "event", { event: { tags: [], type: "t" } }],
  [
    { event: { type: "a.*.cancel.#", source: "/workflows/*" } },
    "event",
    { event: { tags: [], type: "a.*.cancel.#", source: "/workflows/*" } },
  ],
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
      { time: { cron: "@daily", repeat: -1 } },
      "schedule.time.repeat: expected how many times: a whole number from 1 to 1000000000, got -1; write 1",
    ],
    [
      { time: { period: "PT5S", overlap: "quue" } },
      'schedule.time.overlap: expected "skip", "queue", "allow" or "replace", got "quue"; write "queue"',
    ],
    [
      { time: { period: "PT5S", missed: true } },
      'schedule.time.missed: expected "skip", "once" or "all", got true; write "skip"',
    ],
    [
      { time: { period: "PT5S", jitter: "PT0S" } },
      'schedule.time.jitter: expected a duration from "PT0.001S" to "P1D", got "PT0S"; write "PT0.001S" or longer',
    ],
    [
      { time: { period: "PT5S", jitter: "P1DT1S" } },
      'schedule.time.jitter: expected a duration from "PT0.001S" to "P1D", got "P1DT1S"; write "P1D" or shorter',
    ],
    [
      { time: { cron: "@daily", jitter: "P1M" } },
      'schedule.time.jitter: expected a duration from "PT0.001S" to "P1D", got "P1M"; write it in weeks, days, hours, minutes and seconds',
    ],
    [
      { time: { cron: "@daily", jitter: "10s" } },
      `schedule.time.jitter: expected ${duration}, got "10s"; write "PT10S"`,
    ],
    [{ time: "pt5s" }, `schedule.time: expected ${duration}, got "pt5s"; write "PT5S"`],
    [{ time: "P5S" }, `schedule.time: expected ${duration}, got "P5S"; write "PT5S"`],
    [
      { time: "soon" },
      'schedule.time: expected an ISO 8601 duration such as "PT5S", or a cron expression such as "*/5 * * * *", got "soon"; write P and the duration, or five fields, or six with seconds first',
    ],
    [{ time: "@dayly" }, `schedule.time: expected ${cron}, got "@dayly"; write "@daily"`],
    [
      { time: "@reboot" },
      `schedule.time: expected ${cron}, got "@reboot"; write @yearly, @annually, @monthly, @weekly, @daily, @hourly, @minutely, @secondly, @weekdays or @weekends, or five fields`,
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
      `schedule.time: expected ${cron}, got "61 * * * *" (Constraint error, got value 61 expected range 0-59); write a number from 0 to 59 for 61`,
    ],
    [
      { time: "a * * * *" },
      `schedule.time: expected ${cron}, got "a * * * *" (Invalid characters, got value: a); correct the expression`,
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
      { time: { cron: "@daily", timezone: "Amsterdm" } },
      'schedule.time.timezone: expected the name of a time zone such as "Europe/Amsterdam", got "Amsterdm"; write "Europe/Amsterdam"',
    ],
    [
      { time: { cron: "@daily", period: "PT5S" } },
      "schedule.time.period: expected a field of a cron schedule (cron, timezone, overlap, missed, jitter, repeat), got an unknown field; remove it",
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
      { event: { type: "a*.b" } },
      'schedule.event.type: expected * and # in place of whole words between dots, got "a*"; write "*.b"',
    ],
    [
      { event: { source: "/work*/x" } },
      'schedule.event.source: expected a source, exact or with one * at its end, got "/work*/x"; write "/work*"',
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

  test.for(["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 0 31 feb,apr *"])("a day that never comes: %s", (expression) => {
    expect(problemsOf(parseSchedule({ time: { cron: expression } }))).toStrictEqual([
      `schedule.time.cron: expected ${cron}, got "${expression}", which never happens; choose a day that its months have`,
    ]);
  });

  test("every problem of a schedule, at once", () => {
    const raw = { time: { cron: "@daily", timezone: "Mars", overlap: "x", missed: 1, jitter: "x", repeat: 0 } };
    expect(problemsOf(parseSchedule(raw)).map((line) => line.split(":", 1)[0])).toStrictEqual([
      "schedule.time.timezone",
      "schedule.time.overlap",
      "schedule.time.missed",
      "schedule.time.jitter",
      "schedule.time.repeat",
    ]);
  });
});
