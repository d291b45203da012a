// Events, stored durably: one, or a batch of which all are stored or none.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { cloudEventBatchType, cloudEventType, ndjsonType } from "../../model/media-types.ts";
import { createAppendOnce } from "../events/append-once.ts";
import { createAdmission } from "./admission.ts";
import { sendCloudEvents, wantsCloudEvents } from "./cloud-event-answer.ts";
import { type SenderHere, eventsIn } from "./event-bodies.ts";
import { allowedTo, answerTo } from "./emit-rules.ts";
import { refuseKeyOfAnother } from "./idempotency.ts";
import { identityOf } from "./identity.ts";
import { Type } from "./json-schema.ts";
import type { HttpParts } from "./parts.ts";
import { EventBatchSchema, EventInputSchema, EventSchema, refusals } from "./schemas.ts";
import { testSinkOf } from "./test-sink.ts";

export function emitRoutes(app: FastifyInstance, parts: HttpParts): void {
  const { admit } = createAdmission();
  const once = createAppendOnce(parts);
  app.post(
    "/api/v1/events",
    {
      onRequest: admit,
      schema: {
        tags: ["events"],
        summary:
          "Store an event, or a batch of them whole or not at all; 201 means all are durable. CloudEvents are taken too, also in binary mode (ce-* headers); one with the same source and id is the same event. Idempotency-Key makes a repeat one event (another one under the key: 422), or one batch (another one under the key is stored)",
        consumes: ["application/json", "application/x-yaml", ndjsonType, cloudEventType, cloudEventBatchType],
        body: Type.Union([EventInputSchema, Type.Array(EventInputSchema)]),
        response: { 201: Type.Union([EventSchema, EventBatchSchema]), ...refusals },
      },
    },
    async (request, reply) => {
      const test = testSinkOf(request, parts);
      const sent = eventsIn(request, senderOf(request, test?.workflow, parts.now));
      const identity = identityOf(request);
      const allowed = allowedTo(identity);
      if (sent.kind === "one") {
        const stored = await (test ?? once).append(allowed(sent.event));
        if (sent.isKeyed && test === null) refuseKeyOfAnother(sent.event, stored);
        const event = answerTo(identity, sent.event, stored);
        reply.code(201);
        return wantsCloudEvents(request) ? sendCloudEvents(request, reply, event) : reply.send(event);
      }
      const ids = await (test ?? once).appendAll(each(sent.events, allowed));
      return reply.code(201).send({ count: ids.length, ids });
    },
  );
}

/** Of the events of a batch, too, none is stored when one is refused. */
function* each<T>(events: Iterable<T>, allowed: (event: T) => T): Generator<T> {
  for (const event of events) yield allowed(event);
}

/** `tested`: the workflow as which code under test sends. */
function senderOf(request: FastifyRequest, tested: string | undefined, now: () => Date): SenderHere {
  const identity = identityOf(request);
  if (identity.kind === "workflow") return { workflow: tested ?? identity.name, origin: identity.origin, now };
  return { workflow: null, origin: null, now, ...(identity.name !== "local" && { token: identity.name }) };
}
