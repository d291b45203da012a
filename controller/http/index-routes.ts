// The event index for whoever looks after an installation: how it is, and having it built again.
import type { FastifyInstance } from "fastify";
import { indexView } from "../events/index-view.ts";
import { Type } from "./json-schema.ts";
import type { HttpParts } from "./parts.ts";
import { refusals } from "./schemas.ts";

const IndexSchema = Type.Object({
  events: Type.Integer(),
  first_sequence: Type.Integer({ description: "of the oldest event that it shows" }),
  last_sequence: Type.Integer({ description: "it has seen the stream up to this" }),
  lag: Type.Union([Type.Integer(), Type.Null()], {
    description: "sequences at the end of the stream that it has not seen; null while NATS cannot be asked",
  }),
  rebuilding: Type.Union([Type.Object({ through: Type.Integer(), of: Type.Integer() }), Type.Null()], {
    description: "up to which sequence it has seen the stream again, out of what the stream held when that began",
  }),
  bytes: Type.Integer(),
  schema: Type.Integer(),
});

export function indexRoutes(app: FastifyInstance, { index, history }: HttpParts): void {
  const tags = ["index"];
  app.get(
    "/api/v1/index",
    { schema: { tags, summary: "How the event index is", response: { 200: IndexSchema, ...refusals } } },
    async () => {
      const [status, end] = await Promise.all([index.status(), history.streamEnd().catch(() => null)]);
      return indexView(status, end);
    },
  );
  app.post(
    "/api/v1/index/rebuild",
    {
      schema: {
        tags,
        summary:
          "Throw the event index away and build it again from the stream. Events are accepted meanwhile; questions wait, and get 503 with the progress when that takes too long",
        response: { 202: IndexSchema, ...refusals },
      },
    },
    async (_request, reply) => {
      const [status, end] = [await index.rebuild(), await history.streamEnd().catch(() => null)];
      return reply.code(202).send(indexView(status, end));
    },
  );
}
