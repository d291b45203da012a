// What people may do to a run: give a dead letter again, and stop one that is not over.
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { QueuedRun } from "../../bus/run-message.ts";
import { expandTags } from "../../model/event.ts";
import { replayIn } from "../../model/replay.ts";
import { isOver } from "../../model/run.ts";
import { eventIdOf } from "../events/event-id.ts";
import type { RunRecord } from "../runs/history.ts";
import { identityOf, nameOf } from "./identity.ts";
import { Type } from "./json-schema.ts";
import { refuseWhatCannotRun } from "./manual-routes.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";
import { runOf } from "./run-routes.ts";
import { IdParameter, TriggeredSchema } from "./run-schemas.ts";
import { refusals } from "./schemas.ts";

type WithId = { Params: { id: string } };

export function runControlRoutes(app: FastifyInstance, parts: HttpParts): void {
  const about = { tags: ["runs"], params: IdParameter };
  app.post<WithId>(
    "/api/v1/runs/:id/requeue",
    {
      schema: {
        ...about,
        summary: "Give a dead letter again, under its own id; what set it off must still be stored",
        response: { 202: TriggeredSchema, ...refusals },
      },
    },
    async (request, reply) => {
      const run = await runOf(request, parts);
      const event = await requeue(request, parts, run);
      return reply.code(202).send({ event, run: run.id });
    },
  );

  const result = Type.String({ description: "withdrawn: it never ran; cancelled: it is told to end" });
  const accepted = Type.Object({ run: Type.String(), result });
  app.post<WithId>(
    "/api/v1/runs/:id/stop",
    {
      schema: {
        ...about,
        summary: "Stop a run that waits or is under way; it is not given again",
        response: { 202: accepted, ...refusals },
      },
    },
    async (request, reply) => {
      const run = await runOf(request, parts);
      if (isOver(run)) throw new HttpProblem("conflict", `run ${run.id} is over already: it is ${run.state}`);
      if (run.trigger === "daemon") {
        throw new HttpProblem(
          "conflict",
          `run ${run.id} is a daemon's; end it with drover suspend ${run.workflow}, or drover restart ${run.workflow}`,
        );
      }
      const reason = `stopped by ${nameOf(identityOf(request))}`;
      return reply.code(202).send({ run: run.id, result: await parts.cancel(run.workflow, run.id, reason) });
    },
  );
}

/** Resolves with the id of the event that gives it again, when that is durable. Throws HttpProblem 409 or 410. */
async function requeue(request: FastifyRequest, parts: HttpParts, run: RunRecord): Promise<string> {
  const { trigger } = run;
  if (run.state !== "dead" || trigger === "daemon") {
    throw new HttpProblem(
      "conflict",
      `run ${run.id}: expected a dead letter, got one that is ${run.state}; drover runs --dead lists them`,
    );
  }
  refuseWhatCannotRun(parts.artifacts.workflows.get(run.workflow), run.workflow);
  const again: QueuedRun = {
    id: run.id,
    workflow: run.workflow,
    trigger,
    ...(await given(run, parts)),
    hops: run.hops,
    slot: run.slot,
    queuedAt: parts.now().toISOString(),
    createdAt: null,
    attemptsBefore: run.turn,
  };
  const stored = await parts.appender.append({
    // Each death is answered once, however often it is asked for.
    id: eventIdOf("requeue", run.id, String(run.turn), run.finishedAt ?? ""),
    source: "/controller",
    type: "requeue",
    tags: expandTags(["requeue", `runs:${run.id}`, `workflows:${run.workflow}`]),
    value: { by: nameOf(identityOf(request)), run: again },
    timestamp: again.queuedAt,
    hops: run.hops,
  });
  return stored.id;
}

/** A run is given what set it off, whole; one of a replay, the event that is replayed. */
async function given(run: RunRecord, { history, appender }: HttpParts): Promise<Pick<QueuedRun, "event" | "replay">> {
  const event = run.cause === null ? null : await history.event(run.cause, appender.lastSequence);
  const replayed = event && replayIn(event);
  if (event && replayed) return { event: replayed.event, replay: { id: replayed.replay, event: event.id } };
  if (event) return { event };
  throw new HttpProblem(
    "gone",
    `run ${run.id} cannot be given again: the event that set it off (${run.cause ?? "none"}) is older than the events that are kept; send it anew`,
  );
}
