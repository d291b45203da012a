// What code of a workflow may read of an event (I5): that other workflows' runs happened, but not what was in them, and that others'
// variables changed, but not to what. A person who wants a workflow to see more gives it an event schedule, whose runs are given events whole.
import type { EventFilter } from "../../model/event-match.ts";
import type { Event } from "../../model/event.ts";
import { topicMatcher } from "../../model/topic-pattern.ts";
import { type Identity, sees, seesAll } from "./identity.ts";
import { maskedChange } from "./masked-environment.ts";
import { workflowsIn } from "./scope.ts";

/** Their values hold results, errors and what a run was given. */
const typesAboutRuns = new Set(["run", "requeue", "replay"]);

export function visibleTo(identity: Identity, event: Event): Event {
  if (identity.kind === "person" || seesAll(identity)) return event;
  if (event.type !== "archive" && !typesAboutRuns.has(event.type)) return event;
  if (workflowsIn(event.tags).some((name) => sees(identity, name))) return event;
  return { ...event, value: event.type === "archive" ? maskedChange(event.value) : null };
}

/**
 * Whether every event that the filter can find may be read whole, so that numbers computed from their values tell nothing that
 * the events themselves would not.
 */
export function seesAllOf(identity: Identity, { tags = [], type }: EventFilter): boolean {
  if (identity.kind === "person" || seesAll(identity)) return true;
  if (workflowsIn(tags).some((name) => sees(identity, name))) return true;
  return type !== undefined && ![...typesAboutRuns, "archive"].some(topicMatcher(type));
}
