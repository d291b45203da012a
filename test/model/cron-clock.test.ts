import { CronExpressionParser } from "cron-parser";
import { expect, test } from "vitest";
import { cronClockOf } from "../../model/cron-clock.ts";

const start = Date.UTC(2023, 10, 17, 9, 41, 13);

/** A small generator with a seed, so that a failure can be repeated. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomExpression(pick: (below: number) => number): string {
  const field = (min: number, max: number): string => {
    const [a, b] = [min + pick(max - min + 1), min + pick(max - min + 1)];
    const range = `${Math.min(a, b)}-${Math.max(a, b)}`;
    return (
      ["*", "*", `${a}`, range, `*/${1 + pick(9)}`, `${range}/${1 + pick(5)}`, a === b ? `${a}` : `${a},${b}`][
        pick(7)
      ] ?? "*"
    );
  };
  const day = pick(8) === 0 ? "L" : field(1, 28);
  const weekday = [`${pick(7)}L`, `${pick(7)}#${1 + pick(4)}`, "MON-FRI", "?"][pick(16)] ?? field(0, 7);
  return [field(0, 59), field(0, 59), field(0, 23), day, field(1, 12), weekday].join(" ");
}

test.for(Array.from({ length: 150 }, (_, seed) => randomExpression(numbers(seed))))(
  "%s has the times that cron-parser finds in UTC, forwards, backwards and counted",
  (expression) => {
    const clock = cronClockOf(expression);
    const oracle = CronExpressionParser.parse(expression, { tz: "UTC", currentDate: new Date(start) });
    const times = Array.from({ length: 15 }, () => oracle.next().getTime());
    const before = clock.last(start);
    expect(clock.next(before ?? 0)).toBe(times[0]);
    for (const [place, time] of times.entries()) {
      expect(clock.next(times[place - 1] ?? start)).toBe(time);
      expect(clock.last(time)).toBe(time);
      expect(clock.last(time - 1)).toBe(times[place - 1] ?? before);
      expect(clock.count(start, time)).toBe(place + 1);
      expect(clock.count(start, time - 1)).toBe(place);
    }
  },
);

test.for(["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@hourly"])("%s is known", (name) => {
  expect(cronClockOf(name).next(start)).toBe(
    CronExpressionParser.parse(name, { tz: "UTC", currentDate: new Date(start) })
      .next()
      .getTime(),
  );
});

test("a leap day that must be a Monday is found decades away, and one that never comes is not", () => {
  const monday = cronClockOf("0 0 * 2 1#5");
  const found: string[] = [];
  for (let at = monday.next(start); at !== null && found.length < 4; at = monday.next(at)) {
    found.push(new Date(at).toISOString().slice(0, 10));
  }
  expect(found).toStrictEqual(["2044-02-29", "2072-02-29", "2112-02-29", "2140-02-29"]);
  expect(() => cronClockOf("0 0 30 2 *")).toThrow("day of month");
});
