// How workflows are shown on a terminal.
import { age, until } from "./age.ts";
import { breedName } from "./format.ts";
import { scheduleText } from "./schedule-text.ts";
import { table } from "./table.ts";
import type { WorkflowView } from "./views.ts";

export function workflowTable(workflows: readonly WorkflowView[], nowMs: number): string {
  return table(
    ["NAME", "BREED", "SCHEDULE", "STATUS", "READY", "QUEUE", "LAST RUN", "NEXT", "RESTARTS", "REVISION", "MESSAGE"],
    workflows.map((workflow) => [
      workflow.name,
      breedName(workflow),
      scheduleText(workflow.schedule),
      statusText(workflow),
      readyText(workflow),
      queueText(workflow),
      lastRunText(workflow, nowMs),
      nextText(workflow, nowMs),
      String(workflow.instances.reduce((sum, instance) => sum + instance.restarts, 0)),
      String(workflow.revision),
      workflow.message ?? "",
    ]),
  );
}

/** A workflow that runs, and has no containers because nothing asks for one. */
export function isIdle({ schedule, status, instances }: WorkflowView): boolean {
  return schedule !== "daemon" && status === "running" && instances.length === 0;
}

export function statusText(workflow: WorkflowView): string {
  return isIdle(workflow) ? "idle" : workflow.status;
}

/** A daemon is measured by all of its instances; any other workflow by those that its work has asked for, which may be none. */
function readyText({ schedule, scale, instances }: WorkflowView): string {
  if (schedule !== "daemon" && instances.length === 0) return "-";
  const ready = instances.filter((instance) => instance.status === "ready").length;
  return `${ready}/${schedule === "daemon" ? scale.instances : instances.length}`;
}

/** `2 queued, 1 running`. */
export function queueText({ queue }: WorkflowView): string {
  if (queue === null) return "unknown";
  const parts = [queue.queued > 0 && `${queue.queued} queued`, queue.started > 0 && `${queue.started} running`];
  return parts.filter(Boolean).join(", ") || "-";
}

export function lastRunText({ last_run: last }: WorkflowView, nowMs: number): string {
  if (last === null) return "-";
  return last.at === null ? last.state : `${last.state} ${age(last.at, nowMs)} ago`;
}

/** A suspended workflow lets its slots pass. */
function nextText({ next_slot: next, status }: WorkflowView, nowMs: number): string {
  return next === null || status === "suspended" || status === "suspending" ? "-" : until(next, nowMs);
}
