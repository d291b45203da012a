// Which runs one event sets off, and which of them may not run.
import { describe, expect, test } from "vitest";
import { runIdOf } from "../../controller/runs/run-id.ts";
import { type SetOff, runsOf } from "../../controller/triggers/runs-of-event.ts";
import type { Event } from "../../model/event.ts";
import { hopsMax } from "../../model/run.ts";
import { entryOf } from "./entries.ts";
import { at, event, setOff, told } from "./set-off.ts";

test("an event that a workflow asks for sets it off, whole, under an id that follows from both", () => {
  expect(setOff({ hops: 2, cause: "before" }, { matching: ["orders"] })).toEqual([
    {
      kind: "queue",
      run: {
        id: runIdOf("orders", "e1"),
        workflow: "orders",
        trigger: "event",
        event: event({ hops: 2, cause: "before" }),
        hops: 3,
        slot: null,
        queuedAt: at,
        createdAt: null,
        attemptsBefore: 0,
      },
    },
  ]);
});

test("an event that was stored before the schedule began to hold sets nothing off", () => {
  expect(told(setOff({}, { sequence: 10, matching: ["orders"] }))).toEqual([]);
  expect(told(setOff({}, { sequence: 11, matching: ["orders"] }))).toEqual(["orders queued"]);
});

test("an event that a workflow asked for that is gone sets nothing off", () => {
  expect(setOff({}, { matching: ["gone"] })).toEqual([]);
});

test("a suspended workflow's event is told as skipped, with the reason", () => {
  const [skipped] = setOff({}, { matching: ["asleep"] });
  expect(skipped).toMatchObject({
    kind: "record",
    report: {
      id: runIdOf("asleep", "e1"),
      state: "skipped",
      trigger: "event",
      cause: "e1",
      attempt: 1,
      outcome: { kind: "skipped", reason: "the workflow is suspended" },
    },
  });
});

describe("events that only the controller can store", () => {
  const slot = {
    workflow: "clock",
    due: at,
    outcome: "ran",
    reason: null,
    run: null,
    revision: 1,
    count: 1,
    from: null,
  };
  const again = {
    id: "r-dead",
    workflow: "orders",
    trigger: "event",
    event: event({ id: "e0" }),
    hops: 1,
    slot: null,
    queuedAt: "",
    createdAt: null,
    attemptsBefore: 3,
  };
  test.each<[string, Partial<Event>, string[]]>([
    ["a slot that ran", { type: "slot", source: "/controller", value: slot }, ["clock queued"]],
    ["a slot that was skipped", { type: "slot", source: "/controller", value: { ...slot, outcome: "skipped" } }, []],
    ["a webhook", { type: "webhook", source: "/hooks/hook" }, ["hook queued"]],
    ["a run by hand, of any workflow", { type: "manual", source: "/manual/daemon" }, ["daemon queued"]],
    [
      "a dead letter that is given again",
      { type: "requeue", source: "/controller", value: { by: "a", run: again } },
      ["orders queued"],
    ],
    ["a run by hand of a suspended workflow", { type: "manual", source: "/manual/asleep" }, ["asleep skipped"]],
    ["a run by hand of a workflow that is gone", { type: "manual", source: "/manual/gone" }, ["gone stopped"]],
    ["a slot that somebody else claims", { type: "slot", source: "/workflows/orders", value: slot }, []],
    ["a webhook that somebody else claims", { type: "webhook", source: "/workflows/orders" }, []],
    ["a run by hand that somebody else claims", { type: "manual", source: "/api" }, []],
    ["a dead letter that somebody else claims", { type: "requeue", source: "/api", value: { run: again } }, []],
    ["a requeue of nothing", { type: "requeue", source: "/controller", value: { run: { id: 1 } } }, []],
  ])("%s: %j sets off %j", (_, one, expected) => {
    expect(told(setOff(one))).toEqual(expected);
  });

  test("a slot's run knows its due time; a dead letter keeps its id and counts on", () => {
    expect(setOff({ type: "slot", source: "/controller", value: slot })).toMatchObject([
      { run: { slot: at, trigger: "time" } },
    ]);
    expect(setOff({ type: "requeue", source: "/controller", value: { by: "a", run: again } })).toEqual([
      { kind: "queue", run: { ...again, queuedAt: at } },
    ]);
  });

  describe("a replay", () => {
    const query = { since: at, until: at, tags: [], type: null, source: null };
    const replayOf = (original: Partial<Event>, over: Partial<Event> = {}): Partial<Event> => ({
      id: "e-replay",
      type: "replay",
      source: "/replay/orders",
      tags: ["replay"],
      value: { replay: "p-1", by: "local", event: event(original), sequence: 3, query },
      ...over,
    });

    test("is given the event that is replayed, under an id and a cause that follow from the replay", () => {
      expect(setOff(replayOf({ id: "e0", hops: 4 }, { hops: 4, cause: "e0" }))).toEqual([
        {
          kind: "queue",
          run: {
            id: runIdOf("orders", "e-replay"),
            workflow: "orders",
            trigger: "replay",
            event: event({ id: "e0", hops: 4 }),
            replay: { id: "p-1", event: "e-replay" },
            hops: 5,
            slot: null,
            queuedAt: at,
            createdAt: null,
            attemptsBefore: 0,
          },
        },
      ]);
    });

    test("sets off no other workflow for the event that is replayed", () => {
      expect(told(setOff(replayOf({}), { matching: ["orders"] }))).toEqual(["orders queued"]);
    });

    test("to a suspended workflow is told as skipped, as part of the replay", () => {
      const [skipped] = setOff(replayOf({}, { source: "/replay/asleep" }));
      expect(skipped).toMatchObject({
        report: { state: "skipped", trigger: "replay", replay: "p-1", cause: "e-replay", workflow: "asleep" },
      });
    });

    test.each<[string, Partial<Event>, Partial<Event>, string[]]>([
      ["that somebody else claims", {}, { source: "/workflows/orders" }, []],
      ["of nothing", {}, { value: { replay: "p-1" } }, []],
      ["to a workflow that is gone", {}, { source: "/replay/gone" }, ["gone stopped"]],
      ["too deep in a chain", { hops: hopsMax }, { hops: hopsMax }, ["orders refused"]],
      [
        "about its own run",
        { type: "run", value: { id: "r", workflow: "orders", state: "failed", attempt: 1 } },
        {},
        ["orders refused"],
      ],
      [
        "about a run that was set off by an event about a run",
        { type: "run", value: { id: "r", workflow: "clock", state: "failed", attempt: 1, about: "r-0" } },
        {},
        ["orders refused"],
      ],
    ])("%s: %j in %j sets off %j", (_, original, over, expected) => {
      expect(told(setOff(replayOf(original, over)))).toEqual(expected);
    });
  });

  test("set off a workflow that also asks for them once", () => {
    expect(told(setOff({ type: "manual", source: "/manual/orders" }, { matching: ["orders"] }))).toEqual([
      "orders queued",
    ]);
  });
});

describe("a workflow that was created anew under its name", () => {
  const created = { at: "2026-01-01T11:00:00.000Z", afterSequence: 20 };
  const again = { ...entryOf("hook", { webhook: { key: "k" } }), created };
  const found = (one: Partial<Event>, sequence: number): SetOff[] =>
    runsOf({ event: event(one), sequence }, { workflow: () => again, matching: () => [], now: () => new Date(at) });

  test.each<Partial<Event>>([
    { type: "webhook", source: "/hooks/hook" },
    { type: "manual", source: "/manual/hook" },
  ])("is not set off by what was meant for the one before: %j", (one) => {
    expect(found(one, 20)).toMatchObject([
      { kind: "record", report: { state: "stopped", outcome: { reason: "the workflow was deleted" } } },
    ]);
    expect(found(one, 21)).toMatchObject([{ kind: "queue", run: { createdAt: created.at } }]);
  });
});
