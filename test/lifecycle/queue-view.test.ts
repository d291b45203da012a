import { describe, expect, test } from "vitest";
import { type Observed, stateOf } from "../../controller/lifecycle/view.ts";
import type { Instance } from "../../controller/runtime/runtime.ts";
import { daemonName, entry, observed, report, running, startedAt } from "./views.ts";

describe("the state of a workflow that takes runs from a queue", () => {
  const agentName = "hello-d1-q0";
  const agent: Instance = { ...running, instance: agentName };
  const old: Instance = { ...agent, instance: "hello-d0-q0", deployment: "d0" };
  const queued = (fields: object = {}) => entry({}, { schedule: "manual", ...fields });
  const saying = (kind: "idle" | "draining" | "running", of = agentName): Observed["reportOf"] => {
    const state = kind === "running" ? { kind, since: startedAt } : { kind };
    return (one) => (one === of ? report(state, { instance: of }) : null);
  };
  const wants = (agents: number) => ({ demand: { agents, untilMs: Infinity } });

  test.each([["manual"], [{ time: "PT5S" }], [{ event: "a" }], [{ webhook: { key: "k" } }]])(
    "with the schedule %j it runs without any container while nothing asks for one",
    (schedule) => {
      expect(stateOf(queued({ schedule }), observed({ instances: [] }))).toEqual({
        status: "running",
        instances: [],
        health: { staged: 0, running: 0, healthy: 0, unhealthy: 0 },
        message: null,
      });
    },
  );

  test("it is starting while agents that are wanted are not ready", () => {
    const two = queued({ scale: { instances: 2 } });
    const seen = { instances: [agent], ...wants(2), reportOf: saying("idle") };
    expect(stateOf(two, observed(seen))).toMatchObject({
      status: "starting",
      health: { staged: 1, running: 1, healthy: 1, unhealthy: 0 },
    });
    expect(stateOf(queued(), observed({ ...seen, ...wants(1) }))).toMatchObject({ status: "running" });
  });

  test.each([["idle" as const], ["running" as const]])("an agent that says %s is ready", (kind) => {
    expect(stateOf(queued(), observed({ instances: [agent], ...wants(1), reportOf: saying(kind) }))).toMatchObject({
      status: "running",
      instances: [{ status: "ready" }],
    });
  });

  test("an agent that drains is stopping, from when it was told", () => {
    const seen = { instances: [agent], reportOf: saying("idle"), isDraining: () => true };
    const stopping = { status: "running", instances: [{ status: "stopping" }], health: { healthy: 0, unhealthy: 0 } };
    expect(stateOf(queued(), observed(seen))).toMatchObject(stopping);
    expect(
      stateOf(queued(), observed({ ...seen, reportOf: saying("draining"), isDraining: () => false })),
    ).toMatchObject(stopping);
  });

  test("it is restarting until the new agents are ready, and no longer however long the old ones drain", () => {
    const seen = { instances: [old, agent], ...wants(1) };
    expect(stateOf(queued(), observed(seen))).toMatchObject({ status: "restarting" });
    expect(stateOf(queued(), observed({ ...seen, reportOf: saying("idle") }))).toMatchObject({
      status: "running",
      instances: [{ status: "stopping" }, { status: "ready" }],
    });
  });

  test("where each run uses up a container, one that is ready is enough", () => {
    const single = queued({ isolation: "container", scale: { instances: 4 } });
    const seen = { instances: [agent], ...wants(3), reportOf: saying("running") };
    expect(stateOf(single, observed(seen))).toMatchObject({ status: "running" });
    expect(stateOf(single, observed({ instances: [], ...wants(3) }))).toMatchObject({ status: "starting" });
  });

  test("an agent that cannot start is said with its reason", () => {
    const failure = { count: 2, notBeforeMs: 0, lastError: "no room\nmore" };
    const seen = { instances: [], failure, ...wants(1) };
    expect(stateOf(queued(), observed(seen))).toMatchObject({
      status: "starting",
      message: "cannot start: no room",
    });
    expect(stateOf(queued(), observed({ ...seen, ...wants(0) })).message).toBeNull();
  });

  test("suspended is said only when the last agent has drained", () => {
    const suspended = { ...queued(), status: "suspended" as const };
    expect(stateOf(suspended, observed({ instances: [agent], reportOf: saying("draining") }))).toMatchObject({
      status: "suspending",
      instances: [{ status: "stopping" }],
    });
    expect(stateOf(suspended, observed({ instances: [] }))).toMatchObject({ status: "suspended" });
  });

  test("a daemon that is run by hand is judged by its own instances", () => {
    const both = { instances: [running, agent], ...wants(1) };
    const said: Observed["reportOf"] = (one) =>
      one === daemonName ? report({ kind: "running", since: startedAt }) : null;
    expect(stateOf(entry(), observed({ ...both, reportOf: said }))).toMatchObject({ status: "running" });
    expect(stateOf(entry(), observed({ ...both, reportOf: saying("idle") }))).toMatchObject({ status: "starting" });
  });
});
