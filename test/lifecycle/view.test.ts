import { describe, expect, test } from "vitest";
import type { InstanceReport } from "../../bus/assignment.ts";
import type { LiveWorkflow } from "../../controller/artifacts/entry.ts";
import type { Failure } from "../../controller/lifecycle/failures.ts";
import { type Observed, stateOf } from "../../controller/lifecycle/view.ts";
import type { Instance } from "../../controller/runtime/runtime.ts";
import { parseWorkflow } from "../../model/workflow.ts";
import { valueOf } from "../model/parsed.ts";

const startedAt = "2026-01-01T00:00:00.000Z";
const startedMs = Date.parse(startedAt);
const name = "hello-d1-0";

function entry(over: Partial<LiveWorkflow> = {}, fields: object = {}): LiveWorkflow {
  const inline = { deployable: { type: "application/javascript", definition: "1" } };
  const { workflow } = valueOf(parseWorkflow({ name: "hello", breed: inline, schedule: "daemon", ...fields }));
  if ("reference" in workflow.breed) throw new Error("the breed is inline");
  return {
    schema: 1,
    revision: 1,
    savedAt: startedAt,
    savedBy: "local",
    artifact: workflow,
    status: "running",
    deployment: {
      id: "d1",
      workflowRevision: 1,
      breedRevision: null,
      restarts: 0,
      breed: workflow.breed,
      deployedAt: startedAt,
    },
    ...over,
  };
}

const running: Instance = {
  instance: name,
  workflow: "hello",
  deployment: "d1",
  revision: 1,
  state: { kind: "running", startedAt },
};

function report(state: InstanceReport["state"], over: Partial<InstanceReport> = {}): InstanceReport {
  return {
    workflow: "hello",
    instance: name,
    deployment: "d1",
    revision: 1,
    at: startedAt,
    state,
    restarts: 0,
    lastError: null,
    lastRun: null,
    eventsLost: 0,
    logLinesDropped: 0,
    ...over,
  };
}

const noFailure: Failure = { count: 0, notBeforeMs: 0, lastError: null };

function observed(over: Partial<Observed> = {}, said: InstanceReport | null = null): Observed {
  return {
    instances: [running],
    reportOf: () => said,
    failure: noFailure,
    runtimeError: null,
    nowMs: startedMs + 1_000,
    ...over,
  };
}

describe("the state of a workflow", () => {
  const alive = report({ kind: "running", since: startedAt });

  test("a container whose agent has not reported is starting, and after a while unreachable; never running", () => {
    expect(stateOf(entry(), observed())).toMatchObject({
      status: "starting",
      instances: [{ status: "starting" }],
      message: null,
    });
    const late = stateOf(entry(), observed({ nowMs: startedMs + 31_000 }));
    expect(late).toMatchObject({
      status: "starting",
      instances: [{ status: "unreachable" }],
      health: { healthy: 0, unhealthy: 1 },
    });
    expect(late.message).toContain("does not report");
  });

  test("it runs when all instances have reported this deployment", () => {
    expect(stateOf(entry(), observed({}, alive))).toMatchObject({
      status: "running",
      health: { staged: 0, running: 1, healthy: 1, unhealthy: 0 },
    });
    const two = entry({}, { scale: { instances: 2 } });
    expect(stateOf(two, observed({}, alive))).toMatchObject({
      status: "starting",
      health: { staged: 1, running: 1, healthy: 1 },
    });
    expect(stateOf(entry(), observed({}, { ...alive, deployment: "d0" }))).toMatchObject({ status: "starting" });
  });

  test("it is restarting while an instance of the deployment before it is there", () => {
    expect(stateOf(entry(), observed({ instances: [{ ...running, deployment: "d0" }] }, null))).toMatchObject({
      status: "restarting",
      instances: [{ status: "stopping" }],
    });
  });

  test.each([
    [
      "between two tries",
      report({ kind: "backing-off", until: startedAt }, { restarts: 3, lastError: "Error: no luck\n    at …" }),
    ],
    [
      "in the moments in which its process is alive",
      report({ kind: "running", since: startedAt }, { restarts: 3, lastError: "Error: no luck" }),
    ],
  ])("a script that keeps ending is crashing %s, with its restarts and last error", (_, said) => {
    const state = stateOf(entry(), observed({}, said));
    expect(state).toMatchObject({
      status: "starting",
      instances: [{ status: "crashing", restarts: 3 }],
      health: { healthy: 0, unhealthy: 1 },
    });
    expect(state.message).toBe(`${name} keeps ending (restarts: 3): Error: no luck`);
  });

  test("a script that was started again and has lived on runs, and its restarts stay visible", () => {
    const state = stateOf(
      entry(),
      observed({ nowMs: startedMs + 11_000 }, report({ kind: "running", since: startedAt }, { restarts: 3 })),
    );
    expect(state).toMatchObject({ status: "running", instances: [{ status: "ready", restarts: 3 }] });
  });

  test("what cannot start says why", () => {
    const failure = { count: 2, notBeforeMs: 0, lastError: "image nowhere/none: not found\nmore" };
    expect(stateOf(entry(), observed({ instances: [], failure }))).toMatchObject({
      status: "starting",
      message: "cannot start: image nowhere/none: not found",
    });
  });

  test("a runtime that does not answer is said before anything else", () => {
    expect(stateOf(entry(), observed({ runtimeError: "no engine" }, alive)).message).toContain("no engine");
  });

  test("suspended is said only when nothing is left", () => {
    const suspended = entry({ status: "suspended" });
    expect(stateOf(suspended, observed({}, alive))).toMatchObject({ status: "suspending" });
    expect(stateOf(suspended, observed({ instances: [] }))).toMatchObject({ status: "suspended", message: null });
  });

  test.each([[{ time: "PT5S" }], [{ event: "a" }], [{ webhook: { key: "k" } }], ["manual"]])(
    "the schedule %j has no trigger and says so",
    (schedule) => {
      expect(stateOf(entry({}, { schedule }), observed({ instances: [] }))).toMatchObject({
        status: "suspended",
        message: expect.stringContaining("not available in this version"),
      });
    },
  );
});
