// Which runs one event sets off, and which of them may not run.
import { describe, expect, test } from "vitest";
import type { LiveWorkflow } from "../../controller/artifacts/entry.ts";
import { runIdOf } from "../../controller/runs/run-id.ts";
import { type SetOff, runsOf } from "../../controller/triggers/runs-of-event.ts";
import type { Event } from "../../model/event.ts";
import { aboutOf, hopsMax } from "../../model/run.ts";
import { entryOf, rules } from "./entries.ts";

const at = "2026-01-01T12:00:00.000Z";

const workflows = new Map<string, LiveWorkflow>(
  [
    entryOf("orders", { event: { tags: ["order"] } }, { afterSequence: 10 }),
    entryOf("asleep", { event: { tags: ["order"] } }, { status: "suspended" }),
    entryOf("clock", { time: { period: "PT1S", ...rules } }),
    entryOf("hook", { webhook: { key: "k" } }),
    entryOf("daemon", "daemon"),
  ].map((entry) => [entry.artifact.name, entry]),
);

const event = (over: Partial<Event>): Event => ({
  id: "e1",
  source: "/api",
  type: "event",
  tags: ["order"],
  value: { a: 1 },
  timestamp: at,
  ...over,
});

function setOff(one: Partial<Event>, { sequence = 11, matching = [] as string[] } = {}): SetOff[] {
  return runsOf(
    { event: event(one), sequence },
    { workflow: (name) => workflows.get(name) ?? null, matching: () => matching, now: () => new Date(at) },
  );
}

const told = (found: readonly SetOff[]): string[] =>
  found.map((one) =>
    one.kind === "queue" ? `${one.run.workflow} queued` : `${one.report.workflow} ${one.report.state}`,
  );

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

describe("loops end (I10):", () => {
  test(`the run after ${hopsMax} others is refused, and says how long its chain is`, () => {
    expect(told(setOff({ hops: hopsMax - 1 }, { matching: ["orders"] }))).toEqual(["orders queued"]);
    const refused = setOff({ hops: hopsMax }, { matching: ["orders", "asleep"] });
    expect(told(refused)).toEqual(["orders refused", "asleep refused"]);
    expect(refused[0]).toMatchObject({
      report: { hops: hopsMax + 1, outcome: { reason: expect.stringContaining("33") as string } },
    });
  });

  test("the event of a refused run sets nothing off, not even a refusal", () => {
    expect(setOff({ type: "run", hops: hopsMax + 1 }, { matching: ["orders", "asleep"] })).toEqual([]);
  });

  const runEvent = (workflow: string, state: string): Partial<Event> => ({
    type: "run",
    source: `/workflows/${workflow}`,
    value: { id: "r-1", workflow, state, attempt: 1 },
  });

  test("a workflow that asks for run events is not set off by its own", () => {
    const matching = ["orders"];
    expect(told(setOff(runEvent("orders", "failed"), { matching }))).toEqual([]);
    expect(told(setOff(runEvent("clock", "failed"), { matching }))).toEqual(["orders queued"]);
  });

  describe("an event about a run", () => {
    const aboutClock = (over: object): Event =>
      event({
        ...runEvent("clock", "dead"),
        value: { id: "r-1", workflow: "clock", state: "dead", attempt: 1, ...over },
      });
    const matching = ["orders"];

    test("sets off a run that says which run it is about, however long the chain before it is", () => {
      const [found] = setOff({ ...aboutClock({ about: null }), hops: hopsMax - 1 }, { matching });
      expect(found).toMatchObject({ kind: "queue", run: { workflow: "orders", hops: hopsMax } });
      expect(found?.kind === "queue" && aboutOf(found.run.event)).toBe("r-1");
    });

    test("sets nothing off when that run was itself set off by an event about a run", () => {
      expect(setOff(aboutClock({ about: "r-0" }), { matching })).toEqual([]);
    });

    test("is none when somebody else claims it", () => {
      expect(aboutOf(aboutClock({}))).toBe("r-1");
      expect(aboutOf({ ...aboutClock({}), source: "/controller" })).toBe("r-1");
      expect(aboutOf({ ...aboutClock({}), source: "/workflows/orders" })).toBeNull();
      expect(aboutOf({ ...aboutClock({}), type: "event" })).toBeNull();
    });
  });

  test("suspended workflows that ask for run events do not skip because of each other's skips", () => {
    expect(told(setOff(runEvent("clock", "failed"), { matching: ["asleep"] }))).toEqual(["asleep skipped"]);
    expect(told(setOff(runEvent("clock", "skipped"), { matching: ["asleep"] }))).toEqual([]);
  });
});
