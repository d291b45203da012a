// Events, queried newest first.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "./json-schema.ts";
import type { EventFilter } from "../../model/event-match.ts";
import type { Problem } from "../../model/problem.ts";
import { type EventQuery, eventsOf } from "../events/questions.ts";
import { identityOf } from "./identity.ts";
import { pageOf, setPageHeaders } from "./paging.ts";
import type { HttpParts } from "./parts.ts";
import { invalid } from "./problem.ts";
import { parameters } from "./query.ts";
import { EventQueryParameters, EventSchema, refusals } from "./schemas.ts";
import { visibleTo } from "./visible-event.ts";

const queryTagsMax = 32;

export function eventRoutes(app: FastifyInstance, parts: HttpParts): void {
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
      const query: EventQuery = {
        filter: eventFilterOf(request),
        time: {},
        order: "newest",
        beyond: null,
        offset: (page.page - 1) * page.perPage,
        limit: page.perPage,
        count: "exact",
      };
      const found = await parts.index.query(query, parts.appender.lastSequence);
      setPageHeaders(request, reply, page, found.total ?? 0);
      const identity = identityOf(request);
      return reply.send(eventsOf(found).map((event) => visibleTo(identity, event)));
    },
  );
}

/** The `tag` (repeatable) and `type` parameters. Throws HttpProblem 400. */
export function eventFilterOf(request: FastifyRequest): EventFilter {
  const tags = parameters(request, "tag");
  const types = parameters(request, "type");
  const problems: Problem[] = [];
  const refuse = (path: string, expected: string, got: string, fix: string): void =>
    void problems.push({ path, expected, got, fix });
  if (tags.length > queryTagsMax) refuse("tag", `at most ${queryTagsMax} tags`, String(tags.length), "ask with fewer");
  if (tags.includes("")) refuse("tag", "a tag", '""', "leave the parameter out to get all");
  if (types.length > 1) refuse("type", "one type", `${types.length} types`, "ask once per type");
  if (problems.length > 0) throw invalid(problems);
  return { tags, ...(types[0] && { type: types[0] }) };
}
