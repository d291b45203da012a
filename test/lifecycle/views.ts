// What a state is made of: a stored workflow, and what was observed of it.
import type { InstanceReport } from "../../bus/assignment.ts";
import type { LiveWorkflow } from "../../controller/artifacts/entry.ts";
import type { Failure } from "../../controller/lifecycle/failures.ts";
import type { Observed } from "../../controller/lifecycle/view.ts";
import type { Instance } from "../../controller/runtime/runtime.ts";
import { parseWorkflow } from "../../model/workflow.ts";
import { valueOf } from "../model/parsed.ts";

export const startedAt = "2026-01-01T00:00:00.000Z";
export const startedMs = Date.parse(startedAt);
export const daemonName = "hello-d1-0";

export function entry(over: Partial<LiveWorkflow> = {}, fields: object = {}): LiveWorkflow {
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

export const running: Instance = {
  instance: daemonName,
  workflow: "hello",
  deployment: "d1",
  revision: 1,
  state: { kind: "running", startedAt },
};

export function report(state: InstanceReport["state"], over: Partial<InstanceReport> = {}): InstanceReport {
  return {
    workflow: "hello",
    instance: daemonName,
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

export function observed(over: Partial<Observed> = {}, said: InstanceReport | null = null): Observed {
  return {
    instances: [running],
    reportOf: () => said,
    isDraining: () => false,
    demand: { agents: 0, untilMs: Infinity },
    leading: true,
    failure: noFailure,
    runtimeError: null,
    nowMs: startedMs + 1_000,
    ...over,
  };
}
