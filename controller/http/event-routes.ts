// Stored events: queried, counted and computed over, and one by its id.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AggregateSchema, BucketSchema, aggregate } from "./event-aggregate.ts";
import { sendEvents } from "./event-answer.ts";
import { eventById } from "./event-by-id.ts";
import { cursorStart } from "./event-cursor.ts";
import { questionOf, questionParameters } from "./event-question.ts";
import { readEvents } from "./event-reading.ts";
import { goneSignal } from "./gone-signal.ts";
import { refuseUnknownParameters } from "./known-parameters.ts";
import { Type } from "./json-schema.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";
import { passedFor } from "./run-query.ts";
import { IdParameter } from "./run-schemas.ts";
import { refuseOtherWorkflows } from "./scope.ts";
import { EventSchema, pages, refusals } from "./schemas.ts";

const idShownCharsMax = 80;

const place = {
  ...pages,
  cursor: Type.Optional(
    Type.String({
      description: `what X-Next-Cursor of the same query said, or ${cursorStart} to begin; instead of page`,
    }),
  ),
};
const known = { ...questionParameters, ...place };
const found = {
  response: { 200: Type.Union([Type.Array(EventSchema), AggregateSchema, Type.Array(BucketSchema)]), ...refusals },
};
const QuestionSchema = Type.Object({
  tags: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
  ...Object.fromEntries(
    (["type", "source", "run", "workflow", "order"] as const).map((name) => [name, questionParameters[name]]),
  ),
  timestamp: Type.Optional(Type.Map(Type.String())),
  aggregator: Type.Optional(
    Type.Object({
      type: Type.String(),
      field: questionParameters.field,
      range: Type.Optional(Type.Map(Type.Number())),
      percentiles: Type.Optional(Type.Array(Type.Number())),
      interval: questionParameters.interval,
    }),
  ),
});

export function eventRoutes(app: FastifyInstance, parts: HttpParts): void {
  const get = {
    tags: ["events"],
    summary:
      "Query events, newest first, or compute over them; the fields of POST /api/v1/events/get may also be the body here",
    querystring: Type.Object(known),
    ...found,
  };
  const post = {
    tags: ["events"],
    summary: "Query events, or compute over them; times are in timestamp: {gt, gte, lt, lte}",
    querystring: Type.Object(place),
    consumes: ["application/json", "application/x-yaml"],
    body: QuestionSchema,
    ...found,
  };
  const one = {
    tags: ["events"],
    summary: "One event, by its id or by the id that the sender of a CloudEvent gave it",
    params: IdParameter,
    response: { 200: EventSchema, ...refusals },
  };
  app.get("/api/v1/events", { schema: get }, (request, reply) => answer(request, reply, parts));
  app.post("/api/v1/events/get", { schema: post }, (request, reply) => answer(request, reply, parts));
  app.get<{ Params: { id: string } }>("/api/v1/events/:id", { schema: one }, async (request, reply) => {
    const { id } = request.params;
    const event = await eventById(request, id, { index: parts.index, passed: await passedFor(request, parts) });
    if (event !== null) return sendEvents(request, reply, { kind: "one", text: JSON.stringify(event) });
    const shown = id.slice(0, idShownCharsMax);
    throw new HttpProblem("not-found", `there is no event "${shown}"; it may be older than the events that are kept`);
  });
}

async function answer(request: FastifyRequest, reply: FastifyReply, parts: HttpParts): Promise<FastifyReply> {
  refuseUnknownParameters(request, { known });
  const now = parts.now();
  const question = questionOf(request, now);
  refuseOtherWorkflows(request, question.filter.workflow);
  const passed = await passedFor(request, parts);
  const { index } = parts;
  const gone = goneSignal(reply);
  if (question.aggregation !== null)
    return reply.send(await aggregate(request, question, question.aggregation, { index, passed, now, gone }));
  const texts = await readEvents(request, reply, { question, index, passed, gone });
  return sendEvents(request, reply, { kind: "list", texts });
}
