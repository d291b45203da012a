// The status that a person may ask of a workflow.
import { type Parsed, accepted, refused } from "./problem.ts";
import { shown } from "./shown.ts";
import type { DesiredStatus, WorkflowStatus } from "./workflow.ts";

export type StatusRequest = DesiredStatus | "restarting";

const wordCharsMax = 40;

/** What a request to change only the status may say: `PUT /api/v1/workflows/{name}/status`. */
export function parseStatusRequest(raw: unknown, at = "status"): Parsed<StatusRequest> {
  return raw === "running" || raw === "suspended" || raw === "restarting" ? accepted(raw) : illegal(raw, at);
}

/** Each status that an answer may show, and what is desired when the same text comes back as input. */
const desired: ReadonlyMap<unknown, DesiredStatus> = new Map<WorkflowStatus, DesiredStatus>([
  ["running", "running"],
  ["starting", "running"],
  ["restarting", "running"],
  ["suspended", "suspended"],
  ["suspending", "suspended"],
]);

/** The status within a workflow that is saved. */
export function parseStatus(raw: unknown, at = "status"): Parsed<DesiredStatus> {
  const status = desired.get(raw);
  return status ? accepted(status) : illegal(raw, at);
}

function illegal(raw: unknown, at: string): Parsed<never> {
  const word = typeof raw === "string" ? raw.slice(0, wordCharsMax) : shown(raw);
  return refused({
    path: at,
    expected: '"running", "suspended" or "restarting"',
    got: `Illegal workflow status: '${word}'`,
    fix: 'write "running" or "suspended"',
  });
}
