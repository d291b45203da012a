import { expect, test } from "vitest";
import { timeZoneOf } from "../../model/time-zone.ts";
import { wallClock } from "./wall-clock.ts";

const weekMs = 604_800_000;

test.for([
  "Europe/Amsterdam",
  "Africa/Casablanca",
  "Africa/Cairo",
  "Asia/Gaza",
  "Pacific/Apia",
  "Antarctica/Troll",
  "UTC",
  "+05:30",
])("%s: the offset is Intl's in every week, and at each change to the second", (name) => {
  const zone = timeZoneOf(name);
  const clock = wallClock(name);
  for (let ms = 3 * weekMs; ms < Date.UTC(2040, 0, 1); ms += weekMs)
    expect(zone.offsetAt(ms)).toBe(clock.wallAt(ms) - ms);
  for (const { atMs, beforeMs, afterMs } of zone.transitions(0, Date.UTC(2040, 0, 1))) {
    expect(clock.wallAt(atMs - 1_000)).toBe(atMs - 1_000 + beforeMs);
    expect(clock.wallAt(atMs)).toBe(atMs + afterMs);
  }
});

test("a wall time means one instant, the end of a gap, or the first of two", () => {
  const zone = timeZoneOf("Europe/Amsterdam");
  const meaning = (wall: string): string => {
    const { ms, kind } = zone.meaningOf(Date.parse(`${wall}Z`));
    return `${new Date(ms).toISOString().slice(5, 19)} ${kind}`;
  };
  expect(
    ["03-29T01:59:59", "03-29T02:00:00", "03-29T02:59:59", "03-29T03:00:00"].map((wall) => meaning(`2026-${wall}`)),
  ).toStrictEqual(["03-29T00:59:59 unique", "03-29T01:00:00 gap", "03-29T01:00:00 gap", "03-29T01:00:00 unique"]);
  expect(
    ["10-25T01:59:59", "10-25T02:00:00", "10-25T02:59:59", "10-25T03:00:00"].map((wall) => meaning(`2026-${wall}`)),
  ).toStrictEqual([
    "10-24T23:59:59 unique",
    "10-25T00:00:00 overlap",
    "10-25T00:59:59 overlap",
    "10-25T02:00:00 unique",
  ]);
});

test("an unknown zone is refused", () => {
  expect(() => timeZoneOf("Mars/Olympus")).toThrow(RangeError);
});
