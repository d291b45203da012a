// Runs as the history knows them. Others than those of workflows that the caller sees do not exist for it.
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { RunRecord } from "../runs/history.ts";
import { identityOf, sees } from "./identity.ts";
import { Type } from "./json-schema.ts";
import { pageOf, setPageHeaders } from "./paging.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";
import { newlySetOff } from "./new-run.ts";
import { idsOf, passedFor, stateOf, workflowAsked } from "./run-query.ts";
import { IdParameter, RunSchema, RunStateSchema } from "./run-schemas.ts";
import { pages, refusals } from "./schemas.ts";
import { sinceOf } from "./since.ts";

type WithId = { Params: { id: string } };

const querystring = Type.Object({
  workflow: Type.Optional(Type.String()),
  state: Type.Optional(RunStateSchema),
  dead: Type.Optional(Type.Boolean({ description: "true: dead letters only" })),
  since: Type.Optional(Type.String({ description: "ISO 8601 instant, or how long ago: 1h" })),
  id: Type.Optional(Type.Array(Type.String(), { description: "these runs only; all of them in one page" })),
  ...pages,
});

export function runRoutes(app: FastifyInstance, parts: HttpParts): void {
  const many = { tags: ["runs"], summary: "Query runs, newest first", querystring };
  app.get(
    "/api/v1/runs",
    { schema: { ...many, response: { 200: Type.Array(RunSchema), ...refusals } } },
    async (request, reply) => {
      const page = pageOf(request);
      const ids = idsOf(request);
      if (ids.length > 0) {
        const found = await runsById(request, parts, ids);
        return reply.header("X-Total-Count", String(found.length)).send(found);
      }
      const { workflow, nothing } = workflowAsked(request);
      const query = {
        workflow,
        state: stateOf(request),
        since: sinceOf(request, parts.now()),
        ...page,
      };
      const found = nothing ? { runs: [], total: 0 } : await parts.history.runs(query, await passedFor(request, parts));
      setPageHeaders(request, reply, page, found.total);
      return reply.send(found.runs);
    },
  );

  const one = { tags: ["runs"], params: IdParameter };
  app.get<WithId>(
    "/api/v1/runs/:id",
    { schema: { ...one, summary: "Read one run", response: { 200: RunSchema, ...refusals } } },
    (request) => runOf(request, parts),
  );
}

/** The run in the address. Throws HttpProblem 404. */
export async function runOf(request: FastifyRequest<WithId>, parts: HttpParts): Promise<RunRecord> {
  const { id } = request.params;
  const passed = await passedFor(request, parts);
  const run = (await parts.history.run(id, passed)) ?? (await newlySetOff(id, parts));
  if (run && sees(identityOf(request), run.workflow)) return run;
  throw new HttpProblem(
    "not-found",
    `there is no run "${id.slice(0, 80)}"; it may be older than the events that are kept`,
  );
}

async function runsById(
  request: FastifyRequest,
  parts: HttpParts,
  ids: readonly string[],
): Promise<readonly RunRecord[]> {
  const identity = identityOf(request);
  const found = await parts.history.runsById(ids, await passedFor(request, parts));
  return found.filter((run) => sees(identity, run.workflow));
}
