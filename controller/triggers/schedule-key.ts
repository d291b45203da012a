// The name of a time schedule as it was saved: the same after an edit of anything else, and another after it was taken away and
// brought back. Later ones sort behind earlier ones.
import { rhythmOf } from "../artifacts/rhythm.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { eventIdOf } from "../events/event-id.ts";

const rhythmCharacters = 12;

export function scheduleKeyOf(entry: LiveWorkflow): string {
  const rhythm = eventIdOf("rhythm", rhythmOf(entry.artifact.schedule) ?? "").slice(0, rhythmCharacters);
  return `${scheduledAtOf(entry)} ${rhythm}`; // 2026-01-31T08:15:30.000Z 7f3a9c…
}

/** No slot at or before this is due. */
export function dueAfterMsOf(entry: LiveWorkflow): number {
  return Date.parse(entry.scheduled?.extendedAt ?? scheduledAtOf(entry));
}

/** ISO 8601; entries that were stored before there were triggers do not say it. */
export function scheduledAtOf(entry: LiveWorkflow): string {
  return entry.scheduled?.at ?? entry.savedAt;
}
