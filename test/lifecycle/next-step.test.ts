import { describe, expect, test } from "vitest";
import { type Desired, nextStep, wantedNames } from "../../controller/lifecycle/next-step.ts";
import type { Instance } from "../../controller/runtime/runtime.ts";

const desired: NonNullable<Desired> = { workflow: "hello", deployment: "aaaaaaaaaaaa", instances: 2 };
const now = { ms: 1_000, notBeforeMs: 0 };
const [first, second] = wantedNames(desired) as [string, string];

function instance(name: string, over: Partial<Instance> = {}): Instance {
  return {
    instance: name,
    workflow: "hello",
    deployment: desired.deployment,
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
const seen = (...instances: Instance[]) => ({ instances, holder: instances.length > 0 });

describe("the next step of a workflow", () => {
  test("starts what is missing, under names that a second start would meet again (I4)", () => {
    expect(nextStep(desired, seen(), now)).toEqual({ kind: "start", instances: ["hello-aaaaaa-0", "hello-aaaaaa-1"] });
    expect(nextStep(desired, seen(instance(first)), now)).toEqual({ kind: "start", instances: [second] });
  });

  test("does nothing when everything is as wanted", () => {
    expect(nextStep(desired, seen(instance(first), instance(second)), now)).toEqual({ kind: "nothing" });
  });

  test("stops the old deployment and starts the new one only when the old is gone", () => {
    const old = instance("hello-bbbbbb-0", { deployment: "bbbbbbbbbbbb" });
    expect(nextStep(desired, seen(old), now)).toEqual({ kind: "stop", instances: ["hello-bbbbbb-0"] });
    expect(nextStep(desired, seen(old, instance(first)), now)).toEqual({ kind: "stop", instances: ["hello-bbbbbb-0"] });
  });

  test("stops the surplus when the scale shrinks", () => {
    expect(nextStep({ ...desired, instances: 1 }, seen(instance(first), instance(second)), now)).toEqual({
      kind: "stop",
      instances: [second],
    });
  });

  test("collects what ended, and what a controller that died had only created, before anything else", () => {
    const dead = instance(first, { state: exited });
    const created = instance(second, { state: { kind: "created" } });
    expect(nextStep(desired, seen(dead, created), now)).toEqual({ kind: "collect", instances: [dead, created] });
    expect(nextStep(null, seen(dead), now)).toEqual({ kind: "collect", instances: [dead] });
  });

  test("waits before it replaces what failed lately", () => {
    expect(nextStep(desired, seen(instance(first)), { ms: 1_000, notBeforeMs: 4_000 })).toEqual({
      kind: "wait",
      untilMs: 4_000,
    });
    expect(nextStep(desired, seen(instance(first)), { ms: 4_000, notBeforeMs: 4_000 })).toEqual({
      kind: "start",
      instances: [second],
    });
  });

  test("stops everything of a workflow that should not run, then releases its network, then rests", () => {
    expect(nextStep(null, seen(instance(first)), now)).toEqual({ kind: "stop", instances: [first] });
    expect(nextStep(null, { instances: [], holder: true }, now)).toEqual({ kind: "release" });
    expect(nextStep(null, { instances: [], holder: false }, now)).toEqual({ kind: "nothing" });
    expect(nextStep({ ...desired, instances: 0 }, { instances: [], holder: true }, now)).toEqual({ kind: "release" });
  });
});
