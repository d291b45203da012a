// What code of a workflow may read of an event (I5): that other workflows' runs happened, but not what was in them. A person who
// wants a workflow to see more gives it an event schedule, whose runs are given events whole.
import type { EventFilter } from "../../model/event-match.ts";
import type { Event } from "../../model/event.ts";
import { topicMatcher } from "../../model/topic-pattern.ts";
import type { Identity } from "./identity.ts";

/** Their values hold results, errors and what a run was given. */
const typesAboutRuns = new Set(["run", "requeue", "replay"]);

export function visibleTo(identity: Identity, event: Event): Event {
  if (identity.kind === "person" || !typesAboutRuns.has(event.type)) return event;
  return event.tags.includes(`workflows:${identity.name}`) ? event : { ...event, value: null };
}

/**
 * Whether every event that the filter can find may be read whole, so that numbers computed from their values tell nothing that
 * the events themselves would not.
 */
export function seesAllOf(identity: Identity, { tags = [], type }: EventFilter): boolean {
  if (identity.kind === "person" || tags.includes(`workflows:${identity.name}`)) return true;
  return type !== undefined && ![...typesAboutRuns].some(topicMatcher(type));
}
