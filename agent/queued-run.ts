// The payload of a queued run, parsed where it arrives. The controller alone can have written it, so a glance suffices.
import type { QueueWork } from "../bus/assignment.ts";
import type { QueuedRun } from "../bus/run-message.ts";

/** Null when it is not one: no agent can make anything of it. */
export function parseQueuedRun(payload: Uint8Array): QueuedRun | null {
  const raw = json(payload);
  return isQueuedRun(raw) ? raw : null;
}

/**
 * Of the workflows that had the name one after the other: a run for an earlier one is nobody's any more, one for a later one is for
 * other agents. Earlier versions stated neither.
 */
export function addresseeOf(
  run: Partial<Pick<QueuedRun, "createdAt">>,
  work: Partial<Pick<QueueWork, "createdAt">>,
): "this" | "earlier" | "later" {
  const [wanted, own] = [run.createdAt ?? null, work.createdAt ?? null];
  if (wanted === null || wanted === own) return "this";
  return own === null || wanted > own ? "later" : "earlier";
}

export function isQueuedRun(raw: unknown): raw is QueuedRun {
  if (typeof raw !== "object" || raw === null || !("event" in raw)) return false;
  const { event } = raw;
  return (
    "id" in raw &&
    typeof raw.id === "string" &&
    "hops" in raw &&
    Number.isSafeInteger(raw.hops) &&
    "attemptsBefore" in raw &&
    Number.isSafeInteger(raw.attemptsBefore) &&
    typeof event === "object" &&
    event !== null &&
    "id" in event &&
    typeof event.id === "string"
  );
}

function json(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString());
  } catch {
    return null;
  }
}
