// The chain of causes around an event or a run: what set it off, and what it set off, as a tree.
import type { FastifyInstance } from "fastify";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";
import { passedFor } from "./run-query.ts";
import { IdParameter, TraceSchema } from "./run-schemas.ts";
import { refusals } from "./schemas.ts";

export function traceRoutes(app: FastifyInstance, parts: HttpParts): void {
  const schema = {
    tags: ["runs"],
    summary: "The tree of events and runs that an event or run belongs to",
    params: IdParameter,
    response: { 200: TraceSchema, ...refusals },
  };
  app.get<{ Params: { id: string } }>("/api/v1/trace/:id", { schema }, async (request) => {
    const { id } = request.params;
    const found = await parts.trace(id, await passedFor(request, parts));
    if (found !== null) return found;
    throw new HttpProblem(
      "not-found",
      `there is no event or run "${id.slice(0, 80)}"; it may be older than the events that are kept`,
    );
  });
}
