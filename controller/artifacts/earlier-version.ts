// Workflows that an earlier version stored lack the fields that came later; they are read with the defaults of these fields.
import { parseWorkflow } from "../../model/workflow.ts";
import type { WorkflowEntry } from "./entry.ts";

export function completed(entry: WorkflowEntry): WorkflowEntry {
  if (entry.artifact === null || Object.hasOwn(entry.artifact, "keep_warm")) return entry;
  const parsed = parseWorkflow(entry.artifact);
  return parsed.ok ? { ...entry, artifact: parsed.value.workflow } : entry;
}
