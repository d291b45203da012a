import { expect, test } from "vitest";
import { nextStart } from "../../agent/restart-policy.ts";

test.each([
  { what: "a first short life waits one step", livedMs: 10, shortLives: 0, delayMs: 3_000, next: 1 },
  { what: "a second one in a row waits two", livedMs: 10, shortLives: 1, delayMs: 6_000, next: 2 },
  { what: "the delay ends at a minute", livedMs: 10, shortLives: 40, delayMs: 60_000, next: 41 },
  { what: "the 20th delay is a minute exactly", livedMs: 10, shortLives: 19, delayMs: 60_000, next: 20 },
  { what: "just under a minute is still short", livedMs: 59_999, shortLives: 2, delayMs: 9_000, next: 3 },
  { what: "a minute is healthy: at once, and forgotten", livedMs: 60_000, shortLives: 7, delayMs: 0, next: 0 },
  { what: "a clock that went back counts as a short life", livedMs: -5_000, shortLives: 0, delayMs: 3_000, next: 1 },
])("without a period: $what", ({ livedMs, shortLives, delayMs, next }) => {
  const startedAtMs = 1_000_000;
  const endedAtMs = startedAtMs + livedMs;
  expect(nextStart({ startedAtMs, endedAtMs, periodMs: 0, shortLives })).toEqual({
    kind: "restart",
    atMs: endedAtMs + delayMs,
    shortLives: next,
  });
});

test.each([
  { what: "a quick execution is followed at the next tick", livedMs: 100, ticks: 1 },
  { what: "one that took no time too, not at once again", livedMs: 0, ticks: 1 },
  { what: "one that ends on a tick is followed there", livedMs: 5_000, ticks: 1 },
  { what: "ticks inside a long execution are skipped", livedMs: 12_000, ticks: 3 },
])("with a period: $what", ({ livedMs, ticks }) => {
  expect(nextStart({ startedAtMs: 500, endedAtMs: 500 + livedMs, periodMs: 5_000, shortLives: 3 })).toEqual({
    kind: "tick",
    atMs: 500 + ticks * 5_000,
    shortLives: 0,
  });
});
