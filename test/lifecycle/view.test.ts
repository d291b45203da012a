import { describe, expect, test } from "vitest";
import { stateOf } from "../../controller/lifecycle/view.ts";
import { daemonName, entry, observed, report, running, startedAt, startedMs } from "./views.ts";

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
    expect(state.message).toBe(`${daemonName} keeps ending (restarts: 3): Error: no luck`);
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

  test("a controller that does not lead says that it does not know, and why nothing happens", () => {
    expect(stateOf(entry(), observed({ leading: false, instances: [] })).message).toContain("another controller leads");
    expect(stateOf(entry(), observed({ leading: null, instances: [] })).message).toContain("not known yet");
  });
});
