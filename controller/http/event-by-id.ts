// The one event that a caller names by an id: Drover's, or the one that the sender of a CloudEvent gave. The latter is unique only
// together with its source, so it may name several; then none of them is taken for the one that was meant.
import type { FastifyRequest } from "fastify";
import type { Event } from "../../model/event.ts";
import type { EventIndex } from "../events/index.ts";
import { identityOf } from "./identity.ts";
import { HttpProblem } from "./problem.ts";
import { mayReadEvent } from "./scope.ts";

const shownMax = 10;
/** Senders with the same habits of counting; what lies behind those is not looked at. */
const sendersMax = 100;
const idShownCharsMax = 80;

/** Of those that the caller may read; null when there is none. Throws HttpProblem 409. */
export async function eventById(
  request: FastifyRequest,
  id: string,
  { index, passed }: { readonly index: Pick<EventIndex, "ask">; readonly passed: number },
): Promise<Event | null> {
  const identity = identityOf(request);
  const first = await index.ask("event", [id], passed);
  if (first === null) return null;
  if (first.id === id) return mayReadEvent(identity, first) ? first : null;
  const sent = await index.ask("sentAs", [id, sendersMax], passed);
  const found = sent.filter((event) => mayReadEvent(identity, event));
  if (found.length <= 1) return found[0] ?? null;
  const ids = found.slice(0, shownMax).map((event) => `${event.id} (${event.source})`);
  const more = found.length > shownMax ? " and others" : "";
  throw new HttpProblem(
    "conflict",
    `several senders gave the id "${id.slice(0, idShownCharsMax)}" to an event; ask for one by its own id: ${ids.join(", ")}${more}`,
  );
}
