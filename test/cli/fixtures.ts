import type { Event } from "../../model/event.ts";
import type { RunView, WorkflowView } from "../../cli/views.ts";

export const hello: WorkflowView = {
  kind: "workflow",
  name: "hello",
  metadata: {},
  breed: { reference: "hello-breed" },
  schedule: "daemon",
  environment_variables: { GREETING: "hi" },
  scale: { cpu: 0.1, memory: "128MB", instances: 1 },
  concurrency: 1,
  retry: { times: 0, delay: "PT1S", factor: 2 },
  timeout: "PT1H",
  isolation: "process",
  keep_warm: "PT5M",
  network: "bridge",
  arguments: [],
  status: "running",
  instances: [
    {
      name: "hello-3fa9c1-0",
      status: "ready",
      restarts: 2,
      startedAt: "2026-01-01T00:00:00.000Z",
      lastError: "exit 1\nat x",
    },
  ],
  revision: 7,
  deployment: "3fa9c1",
  queue: { queued: 0, started: 0 },
  last_run: null,
  next_slot: null,
  message: null,
};

const nineDaysAgo = new Date(Date.now() - 9.5 * 86_400_000).toISOString();

export const broken: WorkflowView = {
  ...hello,
  name: "broken",
  breed: { reference: "none" },
  schedule: { time: { period: "PT5S", overlap: "skip", missed: "once" } },
  status: "starting",
  instances: [],
  queue: { queued: 2, started: 1 },
  last_run: { id: "r-1", state: "dead", at: nineDaysAgo, error: "no such order" },
  next_slot: "2026-01-01T00:00:05.000Z",
  revision: 12,
  message: "cannot start: no such image",
};

export const idle: WorkflowView = { ...hello, name: "idle", schedule: "manual", instances: [] };

export function event(id: string, value: unknown): Event {
  return {
    id,
    source: "/workflows/hello",
    type: "my_type",
    tags: ["hello world"],
    value,
    timestamp: "2026-01-01T00:00:00.000Z",
  };
}

export function run(over: Partial<RunView> = {}): RunView {
  return {
    id: "r-1",
    workflow: "hello",
    state: "completed",
    trigger: "manual",
    attempt: 1,
    cause: "e-1",
    hops: 1,
    about: null,
    slot: null,
    revision: 7,
    deployment: "3fa9c1",
    instance: "hello-3fa9c1-0",
    queuedAt: "2026-01-01T00:00:00.000Z",
    startedAt: "2026-01-01T00:00:01.000Z",
    finishedAt: "2026-01-01T00:00:02.500Z",
    outcome: { kind: "completed", exitCode: 0, result: { total: 7 } },
    again: null,
    attempts: [],
    ...over,
  };
}
