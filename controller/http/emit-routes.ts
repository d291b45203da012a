// Events, stored durably: one, or a batch of which all are stored or none.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { createAdmission } from "./admission.ts";
import { eventsIn, ndjsonType } from "./event-bodies.ts";
import { identityOf } from "./identity.ts";
import type { HttpParts } from "./parts.ts";
import { EventBatchSchema, EventInputSchema, EventSchema, refusals } from "./schemas.ts";
import { Type } from "./json-schema.ts";

export function emitRoutes(app: FastifyInstance, parts: HttpParts): void {
  const { admit } = createAdmission();
  app.post(
    "/api/v1/events",
    {
      onRequest: admit,
      schema: {
        tags: ["events"],
        summary:
          "Store an event, or a batch of them whole or not at all; 201 means all are durable. Idempotency-Key makes a repeat one event, or one batch, whatever its body (the first one counts)",
        consumes: ["application/json", "application/x-yaml", ndjsonType],
        body: Type.Union([EventInputSchema, Type.Array(EventInputSchema)]),
        response: { 201: Type.Union([EventSchema, EventBatchSchema]), ...refusals },
      },
    },
    async (request, reply) => {
      const sent = eventsIn(request, { source: sourceOf(request), now: parts.now });
      if (sent.kind === "one") return reply.code(201).send(await parts.appender.append(sent.event));
      const ids = await parts.appender.appendAll(sent.events);
      return reply.code(201).send({ count: ids.length, ids });
    },
  );
}

function sourceOf(request: FastifyRequest): string {
  const identity = identityOf(request);
  return identity.kind === "workflow" ? `/workflows/${identity.name}` : "/api";
}
