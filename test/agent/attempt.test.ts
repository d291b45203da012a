import { expect, test } from "vitest";
import { type Surroundings, afterAttempt, beforeAttempt, isDoubtful } from "../../agent/attempt.ts";
import type { PastAttempt, PastRun } from "../../agent/past-run.ts";
import type { AttemptState, Outcome } from "../../model/run.ts";
import { queuedRun } from "./queue-bus.ts";

const nowMs = Date.UTC(2030, 0, 1);
const longAgo = { sinceMs: nowMs - 3_600_000, wasAway: true };
const redelivered = { deliveries: 2, storedAtMs: nowMs - 60_000 };
const run = queuedRun({ id: "r-1", queuedAt: "2029-12-31T23:00:00.000Z" });

function around(change: Partial<Surroundings> = {}): Surroundings {
  return { delivered: redelivered, instance: "here", footing: longAgo, nowMs, ...change };
}

/** A record whose last attempt is its state. */
function record(states: readonly AttemptState[], change: Partial<PastRun> = {}): PastRun {
  const attempts = states.map((state, index): PastAttempt => ({ attempt: index + 1, state, instance: "there" }));
  const last = states.at(-1) ?? "queued";
  const state = last === "lost" ? "started" : last;
  return {
    id: "r-1",
    state,
    turn: states.length,
    queuedAt: run.queuedAt,
    again: null,
    stopping: null,
    attempts,
    ...change,
  };
}

const past = new Date(nowMs - 1_000).toISOString();

test.each([
  ["an unknown run starts with its first attempt", null, { kind: "start", attempt: 1, failures: 0 }],
  ["one that only waits does, too", record([]), { kind: "start", attempt: 1, failures: 0 }],
  ["one that completed is over", record(["completed"]), { kind: "over" }],
  ["one that is dead is over", record(["failed", "dead"]), { kind: "over" }],
  ["one that was withdrawn is over", record([], { state: "stopped", turn: 1 }), { kind: "over" }],
  [
    "one that failed and is due again starts with the next attempt",
    record(["failed"], { again: past }),
    { kind: "start", attempt: 2, failures: 1 },
  ],
  [
    "one that is due later waits",
    record(["timed-out"], { again: new Date(nowMs + 5_000).toISOString() }),
    { kind: "early", delayMs: 5_000 },
  ],
  [
    "one that is to end is not started",
    record([], { stopping: "asked" }),
    { kind: "stopped", attempt: 1, reason: "asked" },
  ],
  [
    "one that is to end does not wait for its retry",
    record(["failed"], { again: new Date(nowMs + 5_000).toISOString(), stopping: "asked" }),
    { kind: "stopped", attempt: 2, reason: "asked" },
  ],
  [
    "one that is to end and whose container died is not given again",
    record(["started"], { stopping: "asked" }),
    { kind: "stopped", attempt: 2, reason: "asked" },
  ],
  ["one whose container died is given again", record(["started"]), { kind: "start", attempt: 2, failures: 0 }],
  [
    "failures and deaths are counted apart",
    record(["failed", "started", "failed", "started"]),
    { kind: "start", attempt: 5, failures: 2 },
  ],
  [
    "one that was stopped with its agent has neither failed nor died",
    record(["stopped"], { again: past }),
    { kind: "start", attempt: 2, failures: 0 },
  ],
  [
    "the third death is followed by another attempt",
    record(["started", "started", "started"]),
    { kind: "start", attempt: 4, failures: 0 },
  ],
  [
    "an attempt that the history calls lost has died, too",
    record(["lost", "lost", "lost", "started"]),
    { kind: "dead", attempt: 4, reason: "its container or host died 4 times" },
  ],
  [
    "the fourth death is the last one",
    record(["started", "started", "started", "started"]),
    { kind: "dead", attempt: 4, reason: "its container or host died 4 times" },
  ],
])("%s", (_what, known, expected) => {
  expect(beforeAttempt(run, known, around())).toEqual(expected);
});

test("a dead letter that is given again is not over, and only its attempts since then count", () => {
  const again = queuedRun({ id: "r-1", attemptsBefore: 2, queuedAt: "2029-12-31T23:30:00.000Z" });
  expect(beforeAttempt(again, record(["failed", "dead"]), around())).toEqual({
    kind: "start",
    attempt: 3,
    failures: 0,
  });
  expect(beforeAttempt(again, record(["failed", "dead", "failed"], { again: past }), around())).toEqual({
    kind: "start",
    attempt: 4,
    failures: 1,
  });
  expect(beforeAttempt(again, record(["failed", "dead", "completed"]), around())).toEqual({ kind: "over" });
});

test("a dead letter without any attempt that is given again is told apart by when it was queued", () => {
  const again = queuedRun({ id: "r-1", queuedAt: "2029-12-31T23:30:00.000Z" });
  const dead = record([], { state: "dead" });
  expect(beforeAttempt(again, dead, around())).toEqual({ kind: "start", attempt: 1, failures: 0 });
  expect(beforeAttempt(run, dead, around())).toEqual({ kind: "over" });
});

test("one that is to end and may be under way elsewhere is left there", () => {
  const here = around({ delivered: { deliveries: 1, storedAtMs: nowMs } });
  expect(beforeAttempt(run, record(["started"], { stopping: "asked" }), here)).toEqual({ kind: "elsewhere" });
});

test.each([
  ["that JetStream has forgotten to have delivered", { delivered: { deliveries: 1, storedAtMs: nowMs } }, "elsewhere"],
  ["whose agent may not be back yet", { footing: { sinceMs: nowMs - 8_000, wasAway: true } }, "elsewhere"],
  ["whose agent would be back by now", { footing: { sinceMs: nowMs - 9_000, wasAway: true } }, "start"],
  ["while NATS was never away", { footing: { sinceMs: nowMs - 1_000, wasAway: false } }, "start"],
  [
    "of this very instance, which is not at work on it",
    { instance: "there", delivered: { deliveries: 1, storedAtMs: 0 } },
    "start",
  ],
])("an attempt without an end %s: %o → %s", (_what, change, kind) => {
  expect(beforeAttempt(run, record(["started"]), around(change)).kind).toBe(kind);
});

test("only a first delivery of what was stored well after NATS was there is beyond doubt", () => {
  const footing = { sinceMs: nowMs, wasAway: false };
  expect(isDoubtful({ deliveries: 1, storedAtMs: nowMs + 5_000 }, footing)).toBe(false);
  expect(isDoubtful({ deliveries: 1, storedAtMs: nowMs + 4_999 }, footing)).toBe(true);
  expect(isDoubtful({ deliveries: 2, storedAtMs: nowMs + 5_000 }, footing)).toBe(true);
});

const failed: Outcome = { kind: "failed", exitCode: 1, error: { message: "boom" } };
const timedOut: Outcome = { kind: "timed-out", afterMs: 5_000 };
const stopped: Outcome = { kind: "stopped", reason: "asked" };
const policy = { times: 3, delayMs: 1_000, factor: 2 };

test("attempts that the record keeps no more count as failed, so that retries come to an end", () => {
  const kept = Array.from({ length: 20 }, (_, n) => ({ attempt: n + 6, state: "failed" as const, instance: "there" }));
  const long = record([], { state: "failed", turn: 25, again: past, attempts: kept });
  expect(beforeAttempt(run, long, around())).toEqual({ kind: "start", attempt: 26, failures: 25 });
});

test.each<[what: string, outcome: Outcome, failures: number, isCancelled: boolean, expected: object]>([
  ["completed", { kind: "completed", exitCode: 0 }, 0, false, { kind: "done" }],
  ["failed for the first time", failed, 0, false, { kind: "again", delayMs: 1_000 }],
  ["failed for the third time", failed, 2, false, { kind: "again", delayMs: 4_000 }],
  [
    "failed once more than it is given again",
    failed,
    3,
    false,
    { kind: "dead", last: failed, reason: "it failed, and that was 4 attempts in a row without success" },
  ],
  ["timed out", timedOut, 0, false, { kind: "again", delayMs: 1_000 }],
  ["stopped with its agent", stopped, 3, false, { kind: "again", delayMs: 0 }],
  ["stopped for good", stopped, 0, true, { kind: "done" }],
  ["failed while it was being stopped for good", failed, 0, true, { kind: "done" }],
])("after an attempt that %s", (_what, outcome, failures, isCancelled, expected) => {
  expect(afterAttempt(outcome, { failures, policy, isCancelled })).toEqual(expected);
});

test("without retries a failed attempt is the last one, and no delay is longer than a day", () => {
  const none = { times: 0, delayMs: 0, factor: 1 };
  expect(afterAttempt(timedOut, { failures: 0, policy: none, isCancelled: false })).toEqual({
    kind: "dead",
    reason: "it exceeded its time limit of 5000 ms",
    last: timedOut,
  });
  const steep = { times: 1_000, delayMs: 1_000, factor: 10 };
  expect(afterAttempt(failed, { failures: 900, policy: steep, isCancelled: false })).toEqual({
    kind: "again",
    delayMs: 86_400_000,
  });
});
