import { describe, expect, test } from "vitest";
import { type Work, agentsMax, demandOf } from "../../controller/lifecycle/demand.ts";
import { entryOf } from "./entries.ts";

const minuteMs = 60_000;
const nowMs = 100 * minuteMs;
const noWork: Work = { depth: 0, lastWorkAtMs: null, nextDueMs: null, busy: 0, busyAll: 0 };
const rules = (fields: object) => entryOf("w", fields).artifact;

describe("a workflow whose runs share containers", () => {
  const shared = rules({ scale: { instances: 3 } });

  test("wants all of its instances while there is work, and none when there never was any", () => {
    expect(demandOf(shared, { ...noWork, depth: 1 }, nowMs)).toEqual({ agents: 3, untilMs: Infinity });
    expect(demandOf(shared, noWork, nowMs)).toEqual({ agents: 0, untilMs: Infinity });
  });

  test("keeps them for keep_warm after its last work, and says when that ends", () => {
    const lastWorkAtMs = nowMs - 4 * minuteMs;
    expect(demandOf(shared, { ...noWork, lastWorkAtMs }, nowMs)).toEqual({
      agents: 3,
      untilMs: lastWorkAtMs + 5 * minuteMs,
    });
    expect(demandOf(shared, { ...noWork, lastWorkAtMs }, lastWorkAtMs + 5 * minuteMs)).toMatchObject({ agents: 0 });
  });

  test("with keep_warm never wants none the moment its work is done; with always it wants them without any", () => {
    const lastWorkAtMs = nowMs - 1;
    expect(demandOf(rules({ keep_warm: "never" }), { ...noWork, lastWorkAtMs }, nowMs)).toMatchObject({ agents: 0 });
    expect(demandOf(rules({ keep_warm: "never" }), { ...noWork, depth: 1 }, nowMs)).toMatchObject({ agents: 1 });
    expect(demandOf(rules({ keep_warm: "always" }), noWork, nowMs)).toEqual({ agents: 1, untilMs: Infinity });
  });

  test("with a scale of no instances wants none, whatever waits", () => {
    expect(demandOf(rules({ scale: { instances: 0 } }), { ...noWork, depth: 9 }, nowMs)).toMatchObject({ agents: 0 });
  });
});

describe("a time schedule", () => {
  const timed = rules({ schedule: { time: "PT1H" } });
  const due = (inMs: number): Work => ({ ...noWork, nextDueMs: nowMs + inMs });

  test("wants its agents a few seconds before a slot is due, and says when that is", () => {
    expect(demandOf(timed, due(10_000), nowMs)).toEqual({ agents: 0, untilMs: nowMs + 7_000 });
    expect(demandOf(timed, due(3_000), nowMs)).toEqual({ agents: 1, untilMs: nowMs + 6_000 });
    expect(demandOf(timed, due(0), nowMs)).toMatchObject({ agents: 1 });
  });

  test("does not wait for ever for a slot that is overdue", () => {
    expect(demandOf(timed, due(-3_000), nowMs)).toEqual({ agents: 0, untilMs: Infinity });
  });

  test("that is warm anyway stays so until the later of the two", () => {
    const work = { ...due(10_000), lastWorkAtMs: nowMs - minuteMs };
    expect(demandOf(timed, work, nowMs)).toEqual({ agents: 1, untilMs: nowMs + 4 * minuteMs });
  });

  test("only: a due time means nothing for another kind of schedule", () => {
    expect(demandOf(rules({ schedule: { event: "a" } }), due(0), nowMs)).toEqual({ agents: 0, untilMs: Infinity });
  });
});

describe("a workflow with a container for each run", () => {
  const single = rules({ isolation: "container", scale: { instances: 3 } });

  test.each([
    ["nothing waits and it is kept warm: one standby", { lastWorkAtMs: nowMs }, 1],
    ["one run waits: the standby is for it", { depth: 1 }, 1],
    ["one run is under way: one more stands by", { depth: 1, busy: 1, busyAll: 1 }, 2],
    ["two run and two wait: as many as may exist", { depth: 4, busy: 2, busyAll: 2 }, 4],
    ["all run: one stands by, so that the next run starts at once", { depth: 3, busy: 3, busyAll: 3 }, 4],
    ["runs of the deployment before do not wait", { depth: 3, busy: 0, busyAll: 2 }, 1],
  ])("when %s", (_, work, agents) => {
    expect(demandOf(single, { ...noWork, ...work }, nowMs).agents).toBe(agents);
  });

  test("never has more than its instances and one standby (I4)", () => {
    expect(agentsMax(single)).toBe(4);
    expect(demandOf(single, { ...noWork, depth: 100 }, nowMs).agents).toBe(4);
    expect(agentsMax(rules({ isolation: "container", scale: { instances: 0 } }))).toBe(0);
  });
});

test("a daemon that is run by hand wants one agent for as long as there is work", () => {
  const daemon = rules({ schedule: "daemon", keep_warm: "always", scale: { instances: 5 } });
  expect(demandOf(daemon, { ...noWork, depth: 2 }, nowMs).agents).toBe(1);
  expect(demandOf(daemon, { ...noWork, lastWorkAtMs: nowMs }, nowMs).agents).toBe(0);
});
