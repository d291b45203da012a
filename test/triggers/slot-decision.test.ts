// What becomes of the slots that are due, as a table. A schedule of 10 s that holds since noon; the controller leads since then.
import { describe, expect, test } from "vitest";
import { type SlotSituation, decideSlots, nextFireMs } from "../../controller/triggers/slot-decision.ts";
import { slotEventId } from "../../controller/triggers/slot-reporting.ts";
import { runIdOf } from "../../controller/runs/run-id.ts";
import type { TimeSchedule } from "../../model/schedule.ts";
import { rules } from "./entries.ts";

const noonMs = Date.UTC(2026, 0, 1, 12);
const weekSeconds = 604_800;
const earlier = { run: "r-earlier", due: "2026-01-01T11:00:00.000Z" };

function situation(over: Partial<SlotSituation>, schedule: object = {}): SlotSituation {
  return {
    workflow: "w",
    revision: 3,
    schedule: { period: "PT10S", ...rules, ...schedule },
    scheduledAtMs: noonMs,
    throughMs: noonMs,
    nowMs: noonMs,
    upSinceMs: noonMs,
    suspended: false,
    last: null,
    underWay: false,
    ...over,
  };
}

const after = (seconds: number): number => noonMs + seconds * 1_000;
/** `20 ran`: what became of the slot 20 s after noon. */
const lines = (found: ReturnType<typeof decideSlots>): string[] =>
  (found?.reports ?? []).map((one) => {
    const seconds = (Date.parse(one.due) - noonMs) / 1_000;
    return `${seconds} ${one.outcome}${one.count === 1 ? "" : ` x${one.count}`}`;
  });

describe("a slot that is noticed in time", () => {
  test("is not decided before it is due", () => {
    expect(decideSlots(situation({ nowMs: after(9.999) }))).toBeNull();
  });

  test("runs, under the id that its event gives it", () => {
    const decision = decideSlots(situation({ nowMs: after(10) }));
    const due = "2026-01-01T12:00:10.000Z";
    const run = runIdOf("w", slotEventId("w", due));
    expect(decision).toEqual({
      reports: [{ workflow: "w", due, outcome: "ran", reason: null, run, revision: 3, count: 1, from: null }],
      throughMs: after(10),
      last: { run, due },
      replaced: null,
    });
  });

  test("is decided once: what is decided already is not due again, nor when the clock is set back", () => {
    expect(decideSlots(situation({ throughMs: after(10), nowMs: after(19) }))).toBeNull();
    expect(decideSlots(situation({ throughMs: after(10), nowMs: after(5) }))).toBeNull();
  });

  test("runs up to 10 s late, then it was not watched over", () => {
    expect(lines(decideSlots(situation({ nowMs: after(15) }, { missed: "skip" })))).toEqual(["10 ran"]);
    expect(lines(decideSlots(situation({ nowMs: after(20) }, { missed: "skip" })))).toEqual(["10 ran", "20 skipped"]);
    expect(lines(decideSlots(situation({ nowMs: after(20.001) }, { missed: "skip" })))).toEqual([
      "10 missed",
      "20 ran",
    ]);
  });
});

describe("overlap: while the run of an earlier slot is under way, a slot", () => {
  test.each([
    ["skip", ["10 skipped"], null],
    ["queue", ["10 ran"], null],
    ["allow", ["10 ran"], null],
    ["replace", ["10 ran"], "r-earlier"],
  ] as const)("%s: %j, and %j is ended", (overlap, expected, replaced) => {
    const decision = decideSlots(situation({ nowMs: after(10), last: earlier, underWay: true }, { overlap }));
    expect(lines(decision)).toEqual(expected);
    expect(decision?.replaced).toBe(replaced);
  });

  test("says which run it is, and stays behind it", () => {
    const decision = decideSlots(situation({ nowMs: after(10), last: earlier, underWay: true }));
    expect(decision?.reports[0]?.reason).toBe("the run of 2026-01-01T11:00:00.000Z is still under way");
    expect(decision?.last).toEqual(earlier);
  });

  test.each([
    ["skip", ["2 ran", "4 skipped", "6 skipped"]],
    ["queue", ["2 ran", "4 ran", "6 ran"]],
    ["allow", ["2 ran", "4 ran", "6 ran"]],
    ["replace", ["2 coalesced", "4 coalesced", "6 ran"]],
  ] as const)("%s: of several that are due at once %j", (overlap, expected) => {
    expect(lines(decideSlots(situation({ nowMs: after(6) }, { period: "PT2S", overlap })))).toEqual(expected);
  });

  test("runs when that run is over", () => {
    expect(lines(decideSlots(situation({ nowMs: after(10), last: earlier, underWay: false })))).toEqual(["10 ran"]);
  });
});

describe("missed: of slots that were due while no controller led, and one that is due now,", () => {
  const down = { nowMs: after(40), upSinceMs: after(35) };
  test.each([
    ["skip", "skip", ["10 missed", "20 missed", "30 missed", "40 ran"]],
    ["once", "skip", ["10 coalesced", "20 coalesced", "30 ran", "40 skipped"]],
    ["once", "queue", ["10 coalesced", "20 coalesced", "30 ran", "40 ran"]],
    ["once", "replace", ["10 coalesced", "20 coalesced", "30 coalesced", "40 ran"]],
    ["all", "queue", ["10 ran", "20 ran", "30 ran", "40 ran"]],
    ["all", "skip", ["10 ran", "20 ran", "30 ran", "40 skipped"]],
  ] as const)("%s with overlap %s: %j", (missed, overlap, expected) => {
    expect(lines(decideSlots(situation(down, { missed, overlap })))).toEqual(expected);
  });

  test("once does not run beside a run that is under way", () => {
    const decision = decideSlots(situation({ nowMs: after(31), upSinceMs: after(31), last: earlier, underWay: true }));
    expect(lines(decision)).toEqual(["10 coalesced", "20 coalesced", "30 skipped"]);
  });
});

describe("a schedule of one second that was down for a week", () => {
  const down = { nowMs: after(weekSeconds), upSinceMs: after(weekSeconds) };
  test.each([
    ["skip", [`${weekSeconds - 1} missed x${weekSeconds - 1}`], 1],
    ["once", [`${weekSeconds - 2} coalesced x${weekSeconds - 2}`, `${weekSeconds - 1} ran`], 2],
    ["all", [`${weekSeconds - 1_001} missed x${weekSeconds - 1_001}`, `${weekSeconds - 1_000} ran`], 1_001],
  ] as const)("%s: is told in few events, each slot in one of them", (missed, first, count) => {
    const decision = decideSlots(situation(down, { period: "PT1S", missed, overlap: "queue" }));
    const reports = decision?.reports ?? [];
    expect(lines(decision).slice(0, first.length)).toEqual(first);
    expect(reports).toHaveLength(count + 1);
    expect(reports[0]?.from).toBe("2026-01-01T12:00:01.000Z");
    expect(reports.reduce((sum, report) => sum + report.count, 0)).toBe(weekSeconds);
  });

  test("in cron's words costs no more", () => {
    const schedule: TimeSchedule = { cron: "* * * * * *", timezone: "Europe/Amsterdam", ...rules, missed: "skip" };
    const startedMs = performance.now();
    const decision = decideSlots({ ...situation(down), schedule });
    expect(decision?.reports.reduce((sum, report) => sum + report.count, 0)).toBe(weekSeconds);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});

test("a suspended workflow's slots are skipped with that reason, also those of a time when nobody watched", () => {
  const decision = decideSlots(situation({ nowMs: after(30), upSinceMs: after(25), suspended: true, last: earlier }));
  expect(lines(decision)).toEqual(["10 skipped", "20 skipped", "30 skipped"]);
  expect(new Set(decision?.reports.map((report) => report.reason))).toEqual(new Set(["the workflow is suspended"]));
  expect(decision?.last).toEqual(earlier);
});

test("repeat ends the schedule, however many decisions it took", () => {
  const repeat = { repeat: 2 };
  expect(lines(decideSlots(situation({ nowMs: after(10) }, repeat)))).toEqual(["10 ran"]);
  expect(lines(decideSlots(situation({ throughMs: after(10), nowMs: after(20) }, repeat)))).toEqual(["20 ran"]);
  expect(decideSlots(situation({ throughMs: after(20), nowMs: after(900) }, repeat))).toBeNull();
  expect(nextFireMs(situation({ throughMs: after(20) }, repeat))).toBeNull();
});

describe("jitter", () => {
  const jittered = { jitter: "PT5S" };

  test("puts the firing off by at most its length, and leaves the due time as it is", () => {
    const fireMs = nextFireMs(situation({}, jittered)) ?? 0;
    expect(fireMs).toBeGreaterThanOrEqual(after(10));
    expect(fireMs).toBeLessThanOrEqual(after(15));
    expect(decideSlots(situation({ nowMs: fireMs - 1 }, jittered))).toBeNull();
    expect(lines(decideSlots(situation({ nowMs: fireMs }, jittered)))).toEqual(["10 ran"]);
  });

  test("longer than the period changes no order and loses no slot", () => {
    const schedule = { period: "PT2S", jitter: "PT1H", overlap: "queue" } as const;
    const seen: string[] = [];
    let throughMs = noonMs;
    for (let nowMs = noonMs; nowMs <= after(60); nowMs += 100) {
      const decision = decideSlots(situation({ throughMs, nowMs }, schedule));
      seen.push(...lines(decision));
      throughMs = decision?.throughMs ?? throughMs;
      expect(throughMs).toBeLessThanOrEqual(nowMs);
    }
    expect(seen.slice(0, 29)).toEqual(Array.from({ length: 29 }, (_, n) => `${(n + 1) * 2} ran`));
  });
});

test("decided at any moments, every slot is decided exactly once and in order", () => {
  for (const missed of ["skip", "once", "all"] as const) {
    for (const overlap of ["skip", "queue", "allow", "replace"] as const) {
      const dues: number[] = [];
      let throughMs = noonMs;
      for (let at = 0; at < 600; at += 1 + ((at * 7) % 45)) {
        const decision = decideSlots(
          situation(
            { throughMs, nowMs: after(at), upSinceMs: after(at - 5), underWay: at % 2 === 0, last: earlier },
            {
              missed,
              overlap,
              jitter: "PT3S",
            },
          ),
        );
        throughMs = decision?.throughMs ?? throughMs;
        dues.push(...(decision?.reports ?? []).map((report) => (Date.parse(report.due) - noonMs) / 1_000));
      }
      expect(dues).toEqual(Array.from({ length: dues.length }, (_, n) => (n + 1) * 10));
      expect(dues.length).toBeGreaterThan(50);
    }
  }
});
