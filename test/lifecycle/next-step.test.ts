import { describe, expect, test } from "vitest";
import type { Desired } from "../../controller/lifecycle/desired.ts";
import { handoverOf, namesOf } from "../../controller/lifecycle/instance-name.ts";
import { type Draining, type Observed, nextSteps } from "../../controller/lifecycle/next-step.ts";
import type { Instance } from "../../controller/runtime/runtime.ts";

const now = { ms: 1_000, notBeforeMs: 0 };
const deployment = "aaaaaaaaaaaa";

function instance(name: string, over: Partial<Instance> = {}): Instance {
  return {
    instance: name,
    workflow: "hello",
    deployment,
    revision: 1,
    state: { kind: "running", startedAt: "2026-01-01T00:00:00.000Z" },
    ...over,
  };
}
const exited: Instance["state"] = {
  kind: "exited",
  exitCode: 1,
  outOfMemory: false,
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: "2026-01-01T00:00:01.000Z",
  reason: "exited with code 1",
};

function seen(
  instances: readonly Instance[],
  over: { draining?: Record<string, Draining>; underWay?: Record<string, "starting" | "ending"> } = {},
): Observed {
  return {
    instances,
    drainingOf: (name) => over.draining?.[name] ?? null,
    underWay: new Map(Object.entries(over.underWay ?? {})),
  };
}

describe("the next step of a daemon", () => {
  const desired: Desired = { workflow: "hello", deployment, instances: 2, instancesMax: 2, handover: "stop" };
  const [first, second] = namesOf(desired) as [string, string];
  const old = instance("hello-bbbbbb-0", { deployment: "bbbbbbbbbbbb" });

  test("starts what is missing, under names that a second start would meet again (I4)", () => {
    const both = ["hello-aaaaaa-0", "hello-aaaaaa-1"];
    expect(nextSteps(desired, seen([]), now)).toEqual([{ kind: "start", instances: both }]);
    expect(nextSteps(desired, seen([instance(first)]), now)).toEqual([{ kind: "start", instances: [second] }]);
  });

  test("does nothing when everything is as wanted", () => {
    expect(nextSteps(desired, seen([instance(first), instance(second)]), now)).toEqual([]);
  });

  test("stops the old deployment and starts the new one only when the old is gone", () => {
    const stop = [{ kind: "stop", instances: ["hello-bbbbbb-0"] }];
    expect(nextSteps(desired, seen([old]), now)).toEqual(stop);
    expect(nextSteps(desired, seen([old, instance(first)]), now)).toEqual(stop);
  });

  test("does nothing while anything is being done", () => {
    expect(nextSteps(desired, seen([old], { underWay: { [old.instance]: "ending" } }), now)).toEqual([]);
    expect(nextSteps(desired, seen([], { underWay: { [first]: "starting" } }), now)).toEqual([]);
  });

  test("collects what ended, and what a controller that died had only created, before anything else", () => {
    const dead = instance(first, { state: exited });
    const created = instance(second, { state: { kind: "created" } });
    expect(nextSteps(desired, seen([dead, created]), now)).toEqual([{ kind: "collect", instances: [dead, created] }]);
  });

  test("waits before it replaces what failed lately", () => {
    const failed = { ms: 1_000, notBeforeMs: 4_000 };
    expect(nextSteps(desired, seen([instance(first)]), failed)).toEqual([{ kind: "wait", untilMs: 4_000 }]);
    expect(nextSteps(desired, seen([instance(first)]), { ms: 4_000, notBeforeMs: 4_000 })).toEqual([
      { kind: "start", instances: [second] },
    ]);
  });

  test("stops everything when none is wanted, and when the workflow is deleted", () => {
    const stop = [{ kind: "stop", instances: [first] }];
    expect(nextSteps({ ...desired, instances: 0, instancesMax: 0 }, seen([instance(first)]), now)).toEqual(stop);
    expect(nextSteps(null, seen([instance(first)]), now)).toEqual(stop);
  });
});

describe("the next step of a queue's agents", () => {
  const desired: Desired = { workflow: "hello", deployment, instances: 2, instancesMax: 2, handover: "drain" };
  const idle: Desired = { ...desired, instances: 0 };
  const [first, second] = namesOf(desired) as [string, string];
  const old = instance("hello-bbbbbb-q0", { deployment: "bbbbbbbbbbbb" });
  const both = [instance(first), instance(second)];
  const lookAgain = { kind: "wait", untilMs: 2_000 };

  test("has names of its own, so that any controller knows how an instance gives way", () => {
    expect([first, second]).toEqual(["hello-aaaaaa-q0", "hello-aaaaaa-q1"]);
    expect([first, "hello-aaaaaa-0", "my-q1-aaaaaa-0"].map((name) => handoverOf(name))).toEqual([
      "drain",
      "stop",
      "stop",
    ]);
  });

  test("starts what is missing; what is being started is not missing, what is being ended keeps its name", () => {
    expect(nextSteps(desired, seen([]), now)).toEqual([{ kind: "start", instances: [first, second] }]);
    expect(nextSteps(desired, seen([], { underWay: { [first]: "starting" } }), now)).toEqual([
      { kind: "start", instances: [second] },
    ]);
    expect(nextSteps(desired, seen([], { underWay: { [first]: "starting", [second]: "ending" } }), now)).toEqual([]);
  });

  test("starts the new deployment at once, beside the old one that drains", () => {
    expect(nextSteps(desired, seen([old]), now)).toEqual([
      { kind: "drain", instances: [old.instance] },
      lookAgain,
      { kind: "start", instances: [first, second] },
    ]);
  });

  test("collects an end, and starts the others meanwhile; after a failure only when that is recorded", () => {
    const failed = instance(first, { state: exited });
    expect(nextSteps(desired, seen([failed]), now)).toEqual([{ kind: "collect", instances: [failed] }]);
    expect(nextSteps(desired, seen([failed], { underWay: { [first]: "ending" } }), now)).toEqual([]);
    const dead = instance(first, { state: { ...exited, exitCode: 0 } });
    expect(nextSteps(desired, seen([dead]), now)).toEqual([
      { kind: "collect", instances: [dead] },
      { kind: "start", instances: [second] },
    ]);
  });

  test("drains everything that nothing asks for", () => {
    expect(nextSteps(idle, seen(both), now)).toEqual([{ kind: "drain", instances: [first, second] }, lookAgain]);
  });

  test("says it again until the agent says that it drains, then waits for its end", () => {
    const told = { atMs: 500, untilMs: 60_000 };
    const unsure = { draining: { [first]: { told, confirmed: false }, [second]: { told, confirmed: false } } };
    expect(nextSteps(idle, seen(both, unsure), now)).toEqual([{ kind: "wait", untilMs: 1_500 }]);
    expect(nextSteps(idle, seen(both, unsure), { ...now, ms: 1_500 })).toEqual([
      { kind: "drain", instances: [first, second] },
      { kind: "wait", untilMs: 2_500 },
    ]);
    const confirmed = { told, confirmed: true };
    expect(nextSteps(idle, seen(both, { draining: { [first]: confirmed, [second]: confirmed } }), now)).toEqual([
      { kind: "wait", untilMs: 60_000 },
    ]);
  });

  test("tells an agent that drained for an earlier controller once more, so that it has a time by which to end", () => {
    const draining = { [first]: { told: null, confirmed: true } };
    expect(nextSteps(idle, seen([instance(first)], { draining }), now)).toContainEqual({
      kind: "drain",
      instances: [first],
    });
  });

  test("stops an agent that drains for longer than any run may take", () => {
    const draining = { [first]: { told: { atMs: 0, untilMs: 1_000 }, confirmed: true } };
    expect(nextSteps(idle, seen([instance(first)], { draining }), now)).toEqual([{ kind: "stop", instances: [first] }]);
  });

  test("starts another in the place of an agent that drains when as many are wanted again, under a name more", () => {
    const told = { told: { atMs: 0, untilMs: 60_000 }, confirmed: true };
    const wait = { kind: "wait", untilMs: 60_000 };
    const [, , third = "", fourth = ""] = namesOf({ ...desired, instancesMax: 4 });
    const leaving = (...gone: string[]) => ({ draining: Object.fromEntries(gone.map((name) => [name, told])) });
    expect(nextSteps(desired, seen([instance(first)], leaving(first)), now)).toEqual([
      wait,
      { kind: "start", instances: [second, third] },
    ]);
    expect(nextSteps(desired, seen(both, leaving(first, second)), now)).toEqual([
      wait,
      { kind: "start", instances: [third, fourth] },
    ]);
    const starting = { ...leaving(first), underWay: { [second]: "starting", [third]: "starting" } as const };
    expect(nextSteps(desired, seen([instance(first)], starting), now)).toEqual([wait]);
    const four = [...both, instance(third), instance(fourth)];
    expect(nextSteps(desired, seen(four, leaving(first, second)), now)).toEqual([wait]);
    expect(nextSteps(desired, seen(four, leaving(first, second, third, fourth)), now)).toEqual([wait]);
    expect(nextSteps(desired, seen([instance(third), instance(fourth)]), now)).toEqual([]);
  });

  test("takes any free name where each run uses one up, and leaves a standby too many alone", () => {
    const single: Desired = { ...desired, instances: 2, instancesMax: 4 };
    const [, b = "", , d = ""] = namesOf(single);
    expect(nextSteps(single, seen([instance(b)]), now)).toEqual([{ kind: "start", instances: [first] }]);
    expect(nextSteps({ ...single, instances: 1 }, seen([instance(b), instance(d)]), now)).toEqual([]);
  });

  test("waits before it replaces what failed lately", () => {
    expect(nextSteps(desired, seen([]), { ms: 1_000, notBeforeMs: 4_000 })).toEqual([{ kind: "wait", untilMs: 4_000 }]);
  });

  test("stops everything at once when the workflow is deleted", () => {
    expect(nextSteps(null, seen([instance(first), old]), now)).toEqual([
      { kind: "stop", instances: [first, old.instance] },
    ]);
  });
});
