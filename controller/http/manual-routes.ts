// A run by hand: `POST /api/v1/workflows/{name}/run`, answered at once or with the end of the run.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { durationMs, parseDuration } from "../../model/duration.ts";
import { jsonValue } from "../../model/json-value.ts";
import { optional, record } from "../../model/record.ts";
import { shown } from "../../model/shown.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { bodyOf, documentsOf } from "./body.ts";
import { goneSignal } from "./gone-signal.ts";
import { Type } from "./json-schema.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { parameter } from "./query.ts";
import { followEnd } from "./run-end.ts";
import { RunSchema, TriggeredSchema } from "./run-schemas.ts";
import { NameParameter, refusals } from "./schemas.ts";
import { setOff, triggeredBy } from "./trigger.ts";

/** A caller that waits holds a connection; whoever wants to wait longer repeats the request under its `Idempotency-Key`. */
const waitMsMax = 300_000;

const schema = {
  tags: ["runs"],
  summary:
    "Run a workflow by hand; wait=PT30S answers with the run when it is over, Idempotency-Key makes a repeat one run, whatever its body (the first one counts)",
  params: NameParameter,
  querystring: Type.Object({ wait: Type.Optional(Type.String({ description: "ISO 8601 duration, at most PT5M" })) }),
  body: Type.Object(
    { value: Type.Optional(Type.Unknown({ description: "any JSON; what the run is given" })) },
    { description: "may be left out" },
  ),
  consumes: ["application/json", "application/x-yaml"],
  response: { 200: RunSchema, 202: TriggeredSchema, ...refusals },
};

export function manualRoutes(app: FastifyInstance, parts: HttpParts): void {
  app.post<{ Params: { name: string } }>("/api/v1/workflows/:name/run", { schema }, async (request, reply) => {
    const { name } = request.params;
    refuseWhatCannotRun(parts.artifacts.workflows.get(name), name);
    const waitMs = waitOf(request);
    const trigger = { kind: "manual", workflow: name } as const;
    const triggered = triggeredBy(request, trigger);
    const event = { trigger, triggered, value: valueOf(request) };
    if (waitMs === null) {
      await setOff(request, parts, event);
      return reply.code(202).send(triggered);
    }
    using end = followEnd(triggered.run, parts);
    await setOff(request, parts, event);
    const over = await end.within(waitMs, goneSignal(reply));
    if (over) return reply.code(200).send(over);
    const known = await parts.history.run(triggered.run, parts.appender.lastSequence);
    return reply.code(202).send({ ...triggered, record: known });
  });
}

/** Throws HttpProblem 404 or 409, with what to do instead. */
export function refuseWhatCannotRun(entry: LiveWorkflow | null, name: string): asserts entry is LiveWorkflow {
  if (entry === null) throw new HttpProblem("not-found", `there is no workflow "${name}"`);
  const reason = whyNotRunnable(entry);
  if (reason !== null) throw new HttpProblem("conflict", `workflow "${name}" ${reason}`);
}

function whyNotRunnable({ status, deployment, artifact }: LiveWorkflow): string | null {
  if (status === "suspended") return `is suspended; resume it first: drover resume ${artifact.name}`;
  if (deployment.breed.deployable.type === "container/docker")
    return "runs an image, which takes no runs from a queue; write a JavaScript breed for that";
  return null;
}

const manualRun = record<{ readonly value: unknown }>(
  { value: optional<unknown>(jsonValue, "", { nullIsValue: true }) },
  { noun: "a run by hand" },
);

/** No body at all is no value. Throws HttpProblem 400. */
function valueOf(request: FastifyRequest): unknown {
  if (bodyOf(request).text.trim() === "") return "";
  const [document, second] = documentsOf(request);
  if (second)
    throw new HttpProblem("invalid", "body: expected one document {value: …}, got several; run once for each");
  const parsed = manualRun(document?.value, "body");
  if (!parsed.ok) throw invalid(parsed.problems);
  return parsed.value.value;
}

/** Null: the caller does not wait. Throws HttpProblem 400. */
function waitOf(request: FastifyRequest): number | null {
  const text = parameter(request, "wait");
  if (text === null) return null;
  const parsed = parseDuration(text, "wait");
  if (!parsed.ok) throw invalid(parsed.problems);
  const ms = durationMs(text);
  if (ms !== null && ms > 0 && ms <= waitMsMax) return ms;
  throw invalid([
    {
      path: "wait",
      expected: "a duration of more than nothing and at most PT5M",
      got: shown(text),
      fix: "write PT30S",
    },
  ]);
}
