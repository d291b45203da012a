// Tests of triggers: documents as for saving, checked as for saving, and held against the past instead of being stored.
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Document } from "../../model/documents.ts";
import type { Problem } from "../../model/problem.ts";
import { isObject } from "../../model/reader.ts";
import type { Workflow } from "../../model/workflow.ts";
import { checkArtifacts } from "../artifacts/apply.ts";
import { type Trial, trialOf } from "../triggers/trial.ts";
import { lookedMax } from "../triggers/trial-tally.ts";
import { documentsOf } from "./body.ts";
import { Type } from "./json-schema.ts";
import { momentOf } from "./moment.ts";
import type { HttpParts } from "./parts.ts";
import { invalid } from "./problem.ts";
import { parameter } from "./query.ts";
import { DocumentSchema, refusals } from "./schemas.ts";

const sinceDefault = "24h";
const workflowsMax = 50;
/** Of all workflows of a request together; what is not looked at by then is told. A caller waits at most half a minute. */
const lookMsMax = 20_000;

const textOrNull = Type.Union([Type.String(), Type.Null()]);
const FireSchema = Type.Object({
  kind: Type.String({ enum: ["event", "slot"] }),
  at: Type.String({ description: "the time of the event; of a slot when it is due, and its jitter later" }),
  id: Type.Optional(Type.String()),
  type: Type.Optional(Type.String()),
  source: Type.Optional(Type.String()),
  tags: Type.Optional(Type.Array(Type.String())),
  due: Type.Optional(Type.String()),
});
const tally = (description: string) =>
  Type.Object(
    {
      count: Type.Integer(),
      first: textOrNull,
      last: textOrNull,
      listed: Type.Array(FireSchema, { description: "the first of them" }),
      through: Type.Union([Type.String(), Type.Null()], {
        description: `counted only up to here, as it was more than ${lookedMax} or too slow; null: to the end`,
      }),
    },
    { description },
  );
const TrialSchema = Type.Object({
  workflow: Type.String(),
  since: Type.String(),
  until: Type.String(),
  schedule: Type.String(),
  reason: Type.Union([Type.String(), Type.Null()], { description: "why it never fires" }),
  fires: tally("when it would have fired"),
  live: Type.Union(
    [
      Type.Object({
        revision: Type.Integer(),
        schedule: Type.String(),
        status: Type.String(),
        fires: tally("when this revision would have fired, had it held all along"),
        added: tally("what would fire additionally"),
        gone: tally("what would fire no longer"),
      }),
      Type.Null(),
    ],
    { description: "the revision of the same name that is live" },
  ),
});

export function trialRoutes(app: FastifyInstance, parts: HttpParts): void {
  const schema = {
    tags: ["workflows"],
    summary:
      "When the workflows in the body would have been set off in the past, and how that differs from what is live",
    querystring: Type.Object({
      since: Type.Optional(
        Type.String({ description: "ISO 8601 instant, or how long ago: 24h", default: sinceDefault }),
      ),
      until: Type.Optional(Type.String({ description: "not included; now when it is left out" })),
    }),
    body: DocumentSchema,
    consumes: ["application/json", "application/x-yaml"],
    response: { 200: Type.Array(TrialSchema), ...refusals },
  };
  app.post("/api/v1/workflows/test", { schema }, async (request) => {
    const { since, until } = pastOf(request, parts.now());
    const wanted = workflowsIn(request, parts);
    const past = { sinceMs: Date.parse(since), untilMs: Date.parse(until) };
    const passed = parts.appender.lastSequence;
    const events = { index: parts.index, passed, deadlineMs: performance.now() + lookMsMax };
    const trials: (Trial & { since: string; until: string })[] = [];
    for (const workflow of wanted) {
      const trial = await trialOf(workflow, parts.artifacts.workflows.get(workflow.name), past, events);
      trials.push({ ...trial, since, until });
    }
    return trials;
  });
}

/** Throws HttpProblem 400. */
function pastOf(request: FastifyRequest, now: Date): { readonly since: string; readonly until: string } {
  const since = momentOf(parameter(request, "since") ?? sinceDefault, "since", now);
  const until = momentOf(parameter(request, "until") ?? "now", "until", now);
  if (since.ok && until.ok && since.value < until.value) return { since: since.value, until: until.value };
  const problems: Problem[] = [since, until].flatMap((one) => (one.ok ? [] : one.problems));
  if (since.ok && until.ok)
    problems.push({
      path: "since",
      expected: `a moment before ${until.value}`,
      got: since.value,
      fix: "go further back",
    });
  throw invalid(problems);
}

/** The workflows in the body; breeds beside them are those that they may refer to. Throws HttpProblem 400. */
function workflowsIn(request: FastifyRequest, { artifacts }: HttpParts): Workflow[] {
  const checked = checkArtifacts(documentsOf(request).map(withKind), { kind: null, name: null }, artifacts);
  if (!checked.ok) throw invalid(checked.problems);
  const found = checked.value.flatMap((one) => (one.kind === "workflow" ? [one.workflow] : []));
  if (found.length > 0 && found.length <= workflowsMax) return found;
  const expected = `1 to ${workflowsMax} workflows`;
  const fix = found.length === 0 ? "add a workflow" : "test some at a time";
  throw invalid([{ path: "body", expected, got: String(found.length), fix }]);
}

/** At this address a document that does not say otherwise is a workflow. */
function withKind({ path, value }: Document): Document {
  return { path, value: isObject(value) && value["kind"] == null ? { ...value, kind: "workflow" } : value };
}
