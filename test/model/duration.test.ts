import { expect, test } from "vitest";
import { type Duration, durationMs, parseDuration, suggestedDuration } from "../../model/duration.ts";
import { problemsOf, valueOf } from "./parsed.ts";

const none: Duration = { years: 0, months: 0, weeks: 0, days: 0, hours: 0, minutes: 0, seconds: 0 };

test.for<[text: string, parts: Partial<Duration>]>([
  ["PT5S", { seconds: 5 }],
  ["PT1.5S", { seconds: 1.5 }],
  ["P1Y2M3DT4H5M6S", { years: 1, months: 2, days: 3, hours: 4, minutes: 5, seconds: 6 }],
  ["P2W", { weeks: 2 }],
  ["P1M", { months: 1 }],
  ["PT1M", { minutes: 1 }],
  ["PT0S", {}],
])("%s is read", ([text, parts]) => {
  expect(valueOf(parseDuration(text))).toStrictEqual({ ...none, ...parts });
});

test.for(["", "P", "PT", "P1DT", "5s", "PT5", "P5S", "-PT5S", "PT1.5H", "PT5S ", "PT1234567S", null, 5])(
  "%j is refused",
  (raw) => {
    expect(problemsOf(parseDuration(raw))).toHaveLength(1);
  },
);

test.for<[text: string, suggestion: string | null]>([
  ["5s", "PT5S"],
  ["5", "PT5S"],
  ["10 seconds", "PT10S"],
  ["5m", "PT5M"],
  ["1h30m", "PT1H30M"],
  ["30m 1h", "PT1H30M"],
  ["2 days", "P2D"],
  ["1w", "P1W"],
  ["pt5s", "PT5S"],
  ["P5S", "PT5S"],
  ["500ms", null],
  ["soon", null],
  ["5s5s", null],
  ["", null],
])("%j probably means %j", ([text, suggestion]) => {
  expect(suggestedDuration(text)).toBe(suggestion);
});

test.for<[text: string, ms: number | null]>([
  ["PT5S", 5_000],
  ["PT0.25S", 250],
  ["PT1.001S", 1_001],
  ["P1DT1H1M", 90_060_000],
  ["P2W", 1_209_600_000],
  ["PT0S", 0],
  ["P1M", null],
  ["P1Y", null],
  ["P0M", 0],
  ["5s", null],
])("%s is %j ms long", ([text, ms]) => {
  expect(durationMs(text)).toBe(ms);
});
