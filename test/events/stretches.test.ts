// Which stretches of the stream are read for a time.
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { createMinutes } from "../../controller/events/minutes.ts";
import { joined, stretchesMax, stretchesOf } from "../../controller/events/stretches.ts";

test("ranges that overlap or lie close together are one; few are left, and they cover all", () => {
  expect(joined([])).toEqual([]);
  expect(
    joined([
      { from: 1, to: 10 },
      { from: 5, to: 7 },
      { from: 1_000, to: 1_001 },
      { from: 90_000, to: 90_000 },
    ]),
  ).toEqual([
    { from: 1, to: 1_001 },
    { from: 90_000, to: 90_000 },
  ]);
  const many = joined(Array.from({ length: 500 }, (_, n) => ({ from: n * 10_000, to: n * 10_000 + 1 })));
  expect(many.length).toBe(stretchesMax);
  expect(many.at(-1)?.to).toBe(4_990_001);
});

test("what lies between stretches is passed over, what the index has not seen is not", () => {
  const stretches = stretchesOf({
    ranges: [
      { from: 5, to: 5 },
      { from: 900, to: 950 },
    ],
    through: 1_000,
  });
  const from = [1, 5, 6, 900, 950, 951, 1_001, 5_000].map((sequence) => stretches.from(sequence));
  expect(from).toEqual([5, 5, 900, 900, 950, 1_001, 1_001, 5_000]);
  expect(stretchesOf({ ranges: [], through: 0 }).from(1)).toBe(1);
});

test("an event of a clock that is ahead, or that came late, has a stretch of its own", () => {
  const minutes = createMinutes(new DatabaseSync(":memory:"));
  const minuteMs = 60_000;
  const nowMs = 1_000 * minuteMs;
  minutes.add(3, nowMs + 600 * minuteMs, [], null);
  for (let seq = 10_000; seq < 10_010; seq += 1) minutes.add(seq, nowMs - 90 * minuteMs, [], null);
  for (let seq = 20_000; seq < 20_010; seq += 1) minutes.add(seq, nowMs, [], null);
  minutes.add(40_000, nowMs - 30 * minuteMs, [], null);
  minutes.settle();
  expect(minutes.stretches(nowMs - 60 * minuteMs, Infinity)).toEqual([
    { from: 3, to: 3 },
    { from: 20_000, to: 20_009 },
    { from: 40_000, to: 40_000 },
  ]);
  expect(minutes.stretches(nowMs - 100 * minuteMs, nowMs - 80 * minuteMs)).toEqual([{ from: 10_000, to: 10_009 }]);
});
