// Who is believed about runs and slots, and how much of what they say is kept.
import { describe, expect, test } from "vitest";
import { believedRun, believedSlot } from "../../controller/runs/believed.ts";
import type { Event } from "../../model/event.ts";
import type { RunReport } from "../../model/run.ts";
import { at, report, runEvent } from "./reports.ts";

describe("a run is believed", () => {
  const daemon = report("started", 1, { id: "r-0f8c2a1e-1111-4222-8333-444455556666", trigger: "daemon", cause: null });
  test.each<[string, Event]>([
    ["of the controller, about any workflow", runEvent(report("queued", 0), "/controller")],
    ["of a workflow's agent, about a run of its own", runEvent(report("started", 1))],
    ["of a daemon's agent, whose runs nothing set off", runEvent(daemon)],
  ])("%s", (_, event) => {
    expect(believedRun(event)).toEqual(event.value);
  });

  test("with the fields that it lacks as null", () => {
    const { slot: _, again: __, ...lean } = report("completed", 1);
    expect(believedRun(runEvent(lean as RunReport))).toEqual({ ...lean, slot: null, again: null });
  });
});

describe("a run is not believed", () => {
  const other = report("completed", 1, { workflow: "bank", cause: "e1" });
  test.each<[string, Event]>([
    ["of another workflow's agent", runEvent(report("started", 1), "/workflows/mallory")],
    ["of an agent that gives another workflow's run its own name", runEvent({ ...other, workflow: "mallory" })],
    [
      "of a daemon that names the run of a queue",
      runEvent({ ...other, workflow: "mallory", cause: null, trigger: "daemon" }),
    ],
    ["of the API's callers", runEvent(report("completed", 1), "/api")],
    ["as an event of another type", { ...runEvent(report("completed", 1)), type: "order" }],
    [
      "with a state that there is not",
      runEvent({ ...report("queued", 0), state: "paused" } as unknown as RunReport, "/controller"),
    ],
    [
      "with an outcome of another state",
      runEvent(report("completed", 1, { outcome: { kind: "stopped", reason: "x" } })),
    ],
    ["without the outcome of its state", runEvent(report("failed", 1, { outcome: null }))],
    ["with an id of a megabyte", runEvent(report("queued", 0, { id: "x".repeat(1e6) }), "/controller")],
    ["with a time that is no text", runEvent({ ...report("started", 1), startedAt: 5 } as unknown as RunReport)],
  ])("%s", (_, event) => {
    expect(believedRun(event)).toBeNull();
  });
});

test("an error is kept in a bounded length", () => {
  const error = { message: "m".repeat(100_000), stack: "s".repeat(100_000) };
  const kept = believedRun(runEvent(report("failed", 1, { outcome: { kind: "failed", exitCode: 1, error } })));
  expect(JSON.stringify(kept).length).toBeLessThan(12_000);
});

test("only the controller is believed about slots", () => {
  const value = {
    workflow: "hello",
    due: at(1),
    outcome: "ran",
    reason: null,
    run: "r-1",
    revision: 1,
    count: 1,
    from: null,
  };
  const event: Event = { id: "s1", source: "/controller", type: "slot", tags: ["slots"], value, timestamp: at(1) };
  expect(believedSlot(event)).toEqual(value);
  expect(believedSlot({ ...event, source: "/workflows/hello" })).toBeNull();
  expect(believedSlot({ ...event, value: { ...value, outcome: "lost" } })).toBeNull();
});
