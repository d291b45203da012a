// Whether an event is one of those that a query, a tail or a schedule asks for.
import type { Event } from "./event.ts";

/** All tags must be present, the type equal; what is absent does not matter. */
export type EventFilter = { readonly tags?: readonly string[] | undefined; readonly type?: string | undefined };

export function matches(filter: EventFilter, event: Pick<Event, "tags" | "type">): boolean {
  if (filter.type !== undefined && filter.type !== event.type) return false;
  return filter.tags === undefined || filter.tags.every((tag) => event.tags.includes(tag));
}
