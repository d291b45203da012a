// Events, queried newest first.
import type { FastifyInstance } from "fastify";
import { Type } from "./json-schema.ts";
import { type EventQuery, eventsOf } from "../events/questions.ts";
import { eventFilterOf } from "./event-filter.ts";
import { identityOf } from "./identity.ts";
import { pageOf, setPageHeaders } from "./paging.ts";
import type { HttpParts } from "./parts.ts";
import { EventQueryParameters, EventSchema, refusals } from "./schemas.ts";
import { visibleTo } from "./visible-event.ts";

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
