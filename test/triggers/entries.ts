// Workflows as they are stored, written down as far as a trigger looks at them.
import type { LiveWorkflow, Scheduled } from "../../controller/artifacts/entry.ts";
import type { Breed } from "../../model/breed.ts";
import type { RunReport } from "../../model/run.ts";
import type { Schedule, TimeRules } from "../../model/schedule.ts";
import type { DesiredStatus } from "../../model/workflow.ts";

export const rules: TimeRules = { overlap: "skip", missed: "once" };

const breed: Breed = {
  kind: "breed",
  name: "b",
  metadata: {},
  deployable: { type: "application/javascript", definition: "1" },
  ports: {},
  environment_variables: {},
  constants: {},
  arguments: [],
  dependencies: {},
};

export function entryOf(
  name: string,
  schedule: Schedule,
  {
    at = "2026-01-01T00:00:00.000Z",
    afterSequence = 0,
    status = "running",
    revision = 1,
    ...extended
  }: Partial<Scheduled & { status: DesiredStatus; revision: number }> = {},
): LiveWorkflow {
  return {
    schema: 1,
    revision,
    savedAt: at,
    savedBy: "a person",
    status,
    scheduled: { at, afterSequence, ...extended },
    deployment: { id: "d", workflowRevision: revision, breedRevision: null, restarts: 0, breed, deployedAt: at },
    artifact: {
      kind: "workflow",
      name,
      metadata: {},
      breed,
      schedule,
      environment_variables: {},
      scale: { cpu: 1, memory: "128MB", instances: 1 },
      concurrency: 1,
      retry: { times: 0, delay: "PT1S", factor: 2 },
      timeout: "PT1H",
      isolation: "process",
      keep_warm: "PT5M",
      network: "bridge",
      arguments: [],
    },
  };
}

export function reportOf(told: Pick<RunReport, "id" | "workflow" | "state" | "cause"> & Partial<RunReport>): RunReport {
  return {
    trigger: "event",
    attempt: 0,
    hops: 1,
    about: null,
    slot: null,
    revision: 1,
    deployment: null,
    instance: null,
    queuedAt: null,
    startedAt: null,
    finishedAt: null,
    outcome: null,
    again: null,
    ...told,
  };
}
