// The next slot of a stored workflow, reckoned from the moment since which its schedule holds.
import { nextSlot } from "../../model/slots.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";

/** ISO 8601; null for a workflow without a time schedule, and when no slot is due any more. */
export function nextSlotOf(entry: LiveWorkflow, nowMs: number): string | null {
  const { schedule } = entry.artifact;
  if (typeof schedule === "string" || !("time" in schedule)) return null;
  const slot = nextSlot(schedule.time, { scheduledAtMs: scheduledAtMs(entry), afterMs: nowMs });
  return slot && new Date(slot.dueMs).toISOString();
}

export function scheduledAtMs(entry: LiveWorkflow): number {
  return Date.parse(entry.scheduled?.at ?? entry.savedAt);
}
