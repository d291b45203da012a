import type { Event } from "../../model/event.ts";
import type { WorkflowView } from "../../cli/views.ts";

export const hello: WorkflowView = {
  kind: "workflow",
  name: "hello",
  metadata: {},
  breed: { reference: "hello-breed" },
  schedule: "daemon",
  environment_variables: { GREETING: "hi" },
  scale: { cpu: 0.1, memory: "128MB", instances: 1 },
  network: "",
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
  message: null,
};

export const broken: WorkflowView = {
  ...hello,
  name: "broken",
  breed: { reference: "none" },
  schedule: { time: { period: "PT5S" } },
  status: "starting",
  instances: [],
  revision: 12,
  message: "cannot start: no such image",
};

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
