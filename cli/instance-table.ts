import { age } from "./age.ts";
import { table } from "./table.ts";
import { isIdle, statusText } from "./workflow-text.ts";
import type { InstanceView, WorkflowView } from "./views.ts";

/** The instances of workflows. A workflow that has none is there with what is wrong, so that nothing hides. */
export function instanceTable(workflows: readonly WorkflowView[], nowMs: number): string {
  return table(
    ["WORKFLOW", "INSTANCE", "STATUS", "READY", "RESTARTS", "AGE", "LAST ERROR"],
    workflows.flatMap((workflow) =>
      workflow.instances.length === 0
        ? [[workflow.name, "", statusText(workflow), isIdle(workflow) ? "" : "no", "", "", workflow.message ?? ""]]
        : workflow.instances.map((instance) => [workflow.name, ...instanceCells(instance, nowMs)]),
    ),
  );
}

function instanceCells(instance: InstanceView, nowMs: number): string[] {
  const { name, status, restarts, startedAt, lastError } = instance;
  const said = [lastError ?? "", lossText(instance)].filter((text) => text !== "").join("; ");
  return [name, status, status === "ready" ? "yes" : "no", String(restarts), age(startedAt, nowMs), said];
}

/** `lost 2 events, 40 log lines`, or nothing. */
function lossText({ eventsLost = 0, logLinesDropped = 0 }: InstanceView): string {
  const parts = [eventsLost > 0 && `${eventsLost} events`, logLinesDropped > 0 && `${logLinesDropped} log lines`];
  const lost = parts.filter(Boolean).join(", ");
  return lost === "" ? "" : `lost ${lost}`;
}
