// Replays: stored events set a workflow off once more. Whoever asks drives it, part by part, and can go on from any moment:
//
//   R1. A part that is repeated stores only what is missing of it (triggers/replay.ts), so an answer that was lost costs nothing.
//   R2. While queuedMax runs of the workflow wait, nothing is stored, whatever the caller's pace.
//   R3. How far a replay came is in its last event: nothing is kept for it anywhere else.
import type { FastifyInstance } from "fastify";
import { replayIn, replaySource } from "../../model/replay.ts";
import { scheduleKind } from "../../model/schedule.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { eventsOf } from "../events/questions.ts";
import { replayPart, storeReplayed } from "../triggers/replay.ts";
import { type ReplayChoice, replayChoice } from "../triggers/replay-choice.ts";
import { identityOf, nameOf } from "./identity.ts";
import { Type } from "./json-schema.ts";
import { refuseWhatCannotRun } from "./manual-routes.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { type ReplayAsked, replayPartOf, replayPreviewOf } from "./replay-request.ts";
import { previewed, progress, queuedMax, replayBody, replayParameters, replayed } from "./replay-schemas.ts";
import { NameParameter, refusals } from "./schemas.ts";

type Named = { Params: { name: string } };

export function replayRoutes(app: FastifyInstance, parts: HttpParts): void {
  const about = { tags: ["runs"], params: NameParameter };
  const preview = {
    ...about,
    summary: "The events that a replay would give to a workflow, oldest first",
    querystring: replayParameters,
    response: { 200: previewed, ...refusals },
  };
  app.get<Named>("/api/v1/workflows/:name/replay", { schema: preview }, async (request) => {
    const { name } = request.params;
    const asked = replayPreviewOf(request, parts.now());
    const choice = choiceFor(parts.artifacts.workflows.get(name), name, asked);
    const found = await partOf(choice, asked, parts);
    const total = asked.after === null ? await totalOf(choice, asked, parts) : { total: null, totalIsExact: false };
    const events = found.chosen.map(({ sequence, event: { id, type, source, tags, timestamp } }) => {
      return { sequence, id, type, source, tags, timestamp };
    });
    return { workflow: name, query: asked.query, ...total, events, passedOver: found.passedOver, after: found.next };
  });

  const store = {
    ...about,
    summary:
      "Replay the next events to a workflow: each sets off a run; the same part again stores what is missing of it",
    body: replayBody,
    consumes: ["application/json", "application/x-yaml"],
    response: { 202: replayed, ...refusals },
  };
  app.post<Named>("/api/v1/workflows/:name/replay", { schema: store }, async (request, reply) => {
    const { name: workflow } = request.params;
    const { replay, ...asked } = replayPartOf(request, parts.now());
    const choice = choiceFor(parts.artifacts.workflows.get(workflow), workflow, asked);
    const queued = await queuedOf(workflow, parts);
    const answer = { replay, workflow, queued };
    if (queued >= queuedMax) {
      const nothing = { stored: 0, known: 0, passedOver: { own: 0, loop: 0 } };
      return reply.code(202).send({ ...answer, state: "waiting", ...nothing, after: asked.after });
    }
    const found = await partOf(choice, asked, parts);
    const by = nameOf(identityOf(request));
    const stored = await storeReplayed(found.chosen, { replay, workflow, by, query: asked.query }, parts);
    const state = found.next === null ? "over" : "stored";
    const last = found.next ?? found.chosen.at(-1)?.sequence ?? asked.after;
    return reply.code(202).send({ ...answer, state, ...stored, passedOver: found.passedOver, after: last });
  });

  const read = {
    ...about,
    summary: "How far a replay came, as its last event tells",
    params: Type.Object({ name: Type.String(), replay: Type.String() }),
    response: { 200: progress, ...refusals },
  };
  app.get<{ Params: { name: string; replay: string } }>(
    "/api/v1/workflows/:name/replays/:replay",
    { schema: read },
    async (request) => {
      const { name, replay } = request.params;
      const filter = { type: "replay", source: replaySource(name), tags: [`replays:${replay}`] };
      const newest = { filter, time: {}, order: "newest", beyond: null, offset: 0, limit: 1, count: "exact" } as const;
      const page = await parts.index.query(newest, parts.appender.lastSequence);
      const [event] = eventsOf(page);
      const said = event && replayIn(event);
      if (event && said) {
        const { by, query: asked, sequence } = said;
        return { replay, workflow: name, by, query: asked, after: sequence, stored: page.total, last: event.timestamp };
      }
      throw new HttpProblem(
        "not-found",
        `no event of a replay "${replay.slice(0, 80)}" of workflow "${name.slice(0, 80)}" is stored; it has not begun, or is older than the events that are kept`,
      );
    },
  );
}

/** Throws HttpProblem 404 or 409 for what cannot be replayed to, and 400 when too little is asked for. */
function choiceFor(entry: LiveWorkflow | null, name: string, { query: asked }: ReplayAsked): ReplayChoice {
  refuseWhatCannotRun(entry, name);
  const { schedule } = entry.artifact;
  const kind = scheduleKind(schedule);
  if (kind === "daemon") {
    throw new HttpProblem(
      "conflict",
      `workflow "${name}" is a daemon: it runs all the time, and no event sets it off; drover run ${name} runs it once more`,
    );
  }
  const isNarrow = asked.tags.length > 0 || asked.type !== null || asked.source !== null;
  if (kind === "event" || isNarrow) return replayChoice(name, schedule, asked);
  const fix = "say which events to give it, such as tags: [order]";
  const expected = `at least one of tags, type and source, as the schedule of "${name}" asks for no events`;
  throw invalid([{ path: "tags", expected, got: `a ${kind} schedule and none of them`, fix }]);
}

async function partOf(choice: ReplayChoice, { query: asked, after: behind, limit }: ReplayAsked, parts: HttpParts) {
  const part = { choice, query: asked, after: behind, countMax: limit };
  return replayPart(parts.index, part, await parts.history.streamEnd());
}

async function totalOf({ filter }: ReplayChoice, { query: { since, until } }: ReplayAsked, parts: HttpParts) {
  const none = { order: "oldest", beyond: null, offset: 0, limit: 0, count: "bounded" } as const;
  const asked = { filter, time: { gte: since, lt: until }, ...none };
  const { total, totalIsExact } = await parts.index.query(asked, parts.appender.lastSequence);
  return { total, totalIsExact };
}

async function queuedOf(workflow: string, { history, appender }: HttpParts): Promise<number> {
  return (await history.summaries([workflow], appender.lastSequence)).get(workflow)?.queued ?? 0;
}
