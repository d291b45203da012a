// A workflow as the API shows it: what is stored, and what is true of it now.
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { WorkflowState } from "../lifecycle/view.ts";

export function workflowView(entry: LiveWorkflow, state: WorkflowState): Readonly<Record<string, unknown>> {
  const { kind, name, metadata, breed, schedule, environment_variables, scale, network, ...rules } = entry.artifact;
  return {
    kind,
    name,
    metadata,
    breed,
    status: state.status,
    schedule,
    environment_variables,
    scale,
    concurrency: rules.concurrency,
    retry: rules.retry,
    timeout: rules.timeout,
    isolation: rules.isolation,
    keep_warm: rules.keep_warm,
    network,
    arguments: rules.arguments,
    instances: state.instances,
    health: state.health,
    revision: entry.revision,
    deployment: entry.deployment.id,
    waiting: state.waiting,
    message: state.message,
  };
}
