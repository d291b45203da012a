// Why one event set off what it did.
import type { FastifyInstance } from "fastify";
import { explain } from "../runs/explain.ts";
import type { RunRecord } from "../runs/history.ts";
import { runIdOf } from "../runs/run-id.ts";
import { eventById } from "./event-by-id.ts";
import { Type } from "./json-schema.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";
import { IdParameter, RunStateSchema } from "./run-schemas.ts";
import { EventSchema, refusals } from "./schemas.ts";

const runsMax = 500;
const replaysMax = 100;
const replaySourceChars = "/replay/".length;

const ExplanationSchema = Type.Object({
  event: EventSchema,
  says: Type.String(),
  addressed: Type.Union([Type.Object({ workflow: Type.String(), says: Type.String() }), Type.Null()], {
    description: "the one workflow that it is meant for: a slot, a webhook, a run by hand, a replay",
  }),
  runs: Type.Array(
    Type.Object({
      run: Type.String(),
      workflow: Type.String(),
      state: RunStateSchema,
      trigger: Type.String(),
      replay: Type.Union([Type.String(), Type.Null()]),
      reason: Type.Union([Type.String(), Type.Null()], { description: "why it did not complete" }),
      revision: Type.Union([Type.Integer(), Type.Null()]),
    }),
    { description: "those that it set off, its replays included" },
  ),
  workflows: Type.Array(
    Type.Object({
      workflow: Type.String(),
      revision: Type.Integer(),
      verdict: Type.String({ enum: ["held-back", "earlier", "unheard", "miss", "nearest"] }),
      says: Type.String(),
      criteria: Type.Array(
        Type.Object({
          criterion: Type.String({ enum: ["tag", "type", "source"] }),
          asked: Type.String(),
          fits: Type.Boolean(),
          says: Type.String(),
        }),
      ),
    }),
    { description: "those that ask for events and were not set off by it, as they are now" },
  ),
  more: Type.Integer({ description: "near misses that are left out" }),
});

export function explainRoutes(app: FastifyInstance, parts: HttpParts): void {
  const schema = {
    tags: ["events"],
    summary: "Which workflows an event set off, what became of that, and why others were not set off",
    params: IdParameter,
    response: { 200: ExplanationSchema, ...refusals },
  };
  app.get<{ Params: { id: string } }>("/api/v1/events/:id/explanation", { schema }, async (request) => {
    const { id } = request.params;
    const passed = parts.appender.lastSequence;
    const event = await eventById(request, id, { index: parts.index, passed });
    const sequence = event && (await parts.index.ask("sequenceOf", [event.id], passed));
    if (event === null || sequence === null) throw unknown(id, (await parts.history.run(id, passed)) !== null);
    const [direct, replayed] = await Promise.all([
      parts.history.causedBy(event.id, runsMax, passed),
      replayedRuns(event.id, parts, passed),
    ]);
    return explain({ event, sequence, runs: [...direct, ...replayed], workflows: parts.artifacts.workflows.list() });
  });
}

async function replayedRuns(event: string, { history }: HttpParts, passed: number): Promise<readonly RunRecord[]> {
  const replays = await history.replaysOf(event, replaysMax, passed);
  if (replays.length === 0) return [];
  return history.runsById(
    replays.map(({ id, source }) => runIdOf(source.slice(replaySourceChars), id)),
    passed,
  );
}

function unknown(id: string, isRun: boolean): HttpProblem {
  const shown = id.slice(0, 80);
  if (isRun)
    return new HttpProblem("not-found", `"${shown}" is a run, not an event; drover trace ${shown} shows its event`);
  return new HttpProblem("not-found", `there is no event "${shown}"; it may be older than the events that are kept`);
}
