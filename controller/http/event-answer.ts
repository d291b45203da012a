// How stored events are written into an answer: the one place where they leave this edge.
//
//   W1. The index keeps each event as JSON text. To a person who reads JSON the texts go out as they are.
//   W2. Nothing goes to the code of a workflow that it may not read (visible-event.ts).
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Event } from "../../model/event.ts";
import { sendCloudEvents, wantsCloudEvents } from "./cloud-event-answer.ts";
import { identityOf } from "./identity.ts";
import { visibleTo } from "./visible-event.ts";
import { wantsYaml } from "./yaml-answer.ts";

/** Each event is its JSON text. */
export type EventsToSend =
  | { readonly kind: "one"; readonly text: string }
  | { readonly kind: "list"; readonly texts: readonly string[] };

export function sendEvents(request: FastifyRequest, reply: FastifyReply, found: EventsToSend): FastifyReply {
  const identity = identityOf(request);
  const cloudEvents = wantsCloudEvents(request);
  if (identity.kind === "person" && !cloudEvents && !wantsYaml(request))
    return reply.type("application/json").send(textOf(found));
  const read = (text: string): Event => visibleTo(identity, JSON.parse(text) as Event);
  const events = found.kind === "one" ? read(found.text) : found.texts.map(read);
  return cloudEvents ? sendCloudEvents(request, reply, events) : reply.send(events);
}

function textOf(found: EventsToSend): string {
  return found.kind === "one" ? found.text : `[${found.texts.join(",")}]`;
}
