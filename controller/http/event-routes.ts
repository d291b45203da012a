// Events: stored durably, and queried newest first.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "./json-schema.ts";
import { parseEvent } from "../../model/event.ts";
import type { Problem } from "../../model/problem.ts";
import { bodyOf, documentsOf } from "./body.ts";
import { idempotentId } from "./idempotency.ts";
import { identityOf } from "./identity.ts";
import { pageOf, setPageHeaders } from "./paging.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { parameters } from "./query.ts";
import { EventQueryParameters, EventInputSchema, EventSchema, refusals } from "./schemas.ts";
import { visibleTo } from "./visible-event.ts";

const queryTagsMax = 32;

export function eventRoutes(app: FastifyInstance, parts: HttpParts): void {
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

  app.get(
    "/api/v1/events",
    {
      schema: {
        tags: ["events"],
        summary: "Query events, newest first",
        querystring: EventQueryParameters,
        response: { 200: Type.Array(EventSchema), ...refusals },
      },
    },
    async (request, reply) => {
      const page = pageOf(request);
      const found = await parts.index.query({ ...eventFilterOf(request), ...page }, parts.appender.lastSequence);
      setPageHeaders(request, reply, page, found.total);
      const identity = identityOf(request);
      return reply.send(found.events.map((event) => visibleTo(identity, event)));
    },
  );
}

/** The `tag` (repeatable) and `type` parameters. Throws HttpProblem 400. */
export function eventFilterOf(request: FastifyRequest): { tags: readonly string[]; type: string | null } {
  const tags = parameters(request, "tag");
  const types = parameters(request, "type");
  const problems: Problem[] = [];
  const refuse = (path: string, expected: string, got: string, fix: string): void =>
    void problems.push({ path, expected, got, fix });
  if (tags.length > queryTagsMax) refuse("tag", `at most ${queryTagsMax} tags`, String(tags.length), "ask with fewer");
  if (tags.includes("")) refuse("tag", "a tag", '""', "leave the parameter out to get all");
  if (types.length > 1) refuse("type", "one type", `${types.length} types`, "ask once per type");
  if (problems.length > 0) throw invalid(problems);
  return { tags, type: types[0] || null };
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
