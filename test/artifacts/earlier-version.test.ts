// What an earlier version stored is read by this one.
import { expect, test } from "vitest";
import { completed } from "../../controller/artifacts/earlier-version.ts";
import type { WorkflowEntry } from "../../controller/artifacts/entry.ts";
import { parseWorkflow } from "../../model/workflow.ts";
import { valueOf } from "../model/parsed.ts";

const { workflow } = valueOf(parseWorkflow({ name: "old", breed: "b", schedule: { time: "PT5M" } }));

function stored(artifact: unknown): WorkflowEntry {
  const saved = { schema: 1, revision: 3, savedAt: "2026-01-01T00:00:00.000Z", savedBy: "local" } as const;
  return { ...saved, artifact, status: "running", deployment: null } as WorkflowEntry;
}

test("a workflow stored before there were triggers has their defaults", () => {
  const { kind, name, metadata, breed, environment_variables, scale, network } = workflow;
  const before = { kind, name, metadata, breed, environment_variables, scale, network, arguments: [] };
  const entry = completed(stored({ ...before, schedule: { time: { period: "PT5M" } } }));
  expect(entry.artifact).toEqual(workflow);
  expect(entry.revision).toBe(3);
});

test("a workflow of this version, and a deleted one, are left alone", () => {
  const entries = [stored(workflow), stored(null)];
  expect(entries.map((entry) => completed(entry) === entry)).toEqual([true, true]);
});
