// Events, stored durably.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { parseEvent } from "../../model/event.ts";
import { bodyOf, documentsOf } from "./body.ts";
import { idempotentId } from "./idempotency.ts";
import { identityOf } from "./identity.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { EventInputSchema, EventSchema, refusals } from "./schemas.ts";

export function emitRoutes(app: FastifyInstance, parts: HttpParts): void {
  app.post(
    "/api/v1/events",
    {
      schema: {
        tags: ["events"],
        summary:
          "Store an event; 201 means it is durable. Idempotency-Key makes a repeat one event, whatever its body (the first one counts)",
        body: EventInputSchema,
        response: { 201: EventSchema, ...refusals },
      },
    },
    async (request, reply) => {
      const parsed = parseEvent(eventIn(request), parts.now);
      if (!parsed.ok) throw invalid(parsed.problems);
      const source = sourceOf(request);
      const id = idempotentId(request, source);
      const event = await parts.appender.append({ ...parsed.value, ...(id ? { id } : {}), source });
      return reply.code(201).send(event);
    },
  );
}

/** JSON takes the short way: this is the path of every event. */
function eventIn(request: FastifyRequest): unknown {
  const body = bodyOf(request);
  if (body.format === "json") {
    try {
      return JSON.parse(body.text);
    } catch {
      // documentsOf names the place of the error.
    }
  }
  const [document, second] = documentsOf(request);
  if (second) throw new HttpProblem("invalid", "expected one event in the body; send each event by itself");
  return document?.value;
}

function sourceOf(request: FastifyRequest): string {
  const identity = identityOf(request);
  return identity.kind === "workflow" ? `/workflows/${identity.name}` : "/api";
}
