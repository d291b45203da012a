// Which events a caller may send. What code sends is looked at where it is read (model/sent-event.ts).
import type { Event } from "../../model/event.ts";
import type { EventToAppend } from "../events/append.ts";
import { mayDo } from "./access.ts";
import { type Identity, nameOf } from "./identity.ts";
import { Refused } from "./refused.ts";
import { mayReadEvent, refuseEventAboutOthers } from "./scope.ts";

/** The histories of runs and slots are made of them. Whoever has an admin's rights can put them right. */
const believedTypes: ReadonlySet<string> = new Set(["run", "slot"]);

/** Gives the event back, or throws Refused. */
export function allowedTo(identity: Identity): (event: EventToAppend) => EventToAppend {
  if (identity.kind === "workflow" || (identity.role === "admin" && identity.workflows === null))
    return (event) => event;
  return (event) => {
    refuseEventAboutOthers(identity, event);
    if (!believedTypes.has(event.type)) return event;
    throw new Refused(
      { reason: "role", by: nameOf(identity) },
      `events of type "${event.type}" are Drover's own, and only an admin may send them; choose another type`,
    );
  };
}

/**
 * What is stored under the id that a sender gave may be somebody else's event: who may not read that is answered with what it has sent
 * itself.
 */
export function answerTo(identity: Identity, sent: EventToAppend, stored: Event): Event {
  const mayRead = identity.kind === "workflow" || (mayDo(identity.role, "read") && mayReadEvent(identity, stored));
  return mayRead ? stored : { ...sent, id: stored.id };
}
