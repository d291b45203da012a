// The history of one artifact: its revisions, each as it was, and the way back to one.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type ArtifactKind, type ArtifactName, pluralKind } from "../../model/artifact.ts";
import type { Event } from "../../model/event.ts";
import { wholeNumber } from "../../model/number.ts";
import type { Reader } from "../../model/reader.ts";
import { record, required } from "../../model/record.ts";
import { IndexUnavailable } from "../events/index.ts";
import { PageTooLarge } from "../events/page.ts";
import { eventsOf } from "../events/questions.ts";
import { checkOf } from "../artifacts/condition.ts";
import { planArtifacts } from "../artifacts/plan.ts";
import { type Kept, findRevision, revisionsOf, standingOf } from "../artifacts/revisions.ts";
import { checkRevision, rollBack } from "../artifacts/rollback.ts";
import { validatesOnly } from "./artifact-routes.ts";
import { documentsOf } from "./body.ts";
import { RevisionParameters, RevisionSchema, RollbackBody } from "./history-schemas.ts";
import { guardOf, refuseDocuments } from "./granting.ts";
import { identityOf, nameOf } from "./identity.ts";
import { Type } from "./json-schema.ts";
import { maskedFor } from "./masked-environment.ts";
import { pageOf, setPageHeaders, sliceOf } from "./paging.ts";
import type { HttpParts } from "./parts.ts";
import { conditionOf, setTag } from "./precondition.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { BreedSchema, ConditionHeaders, NameParameter, PageQuery, WorkflowSchema, refusals } from "./schemas.ts";

/** Archive events of one artifact that its history is completed with. */
const archivedMax = 1_000;
/** So many are asked for at once: each may list a hundred differences. */
const archivedAtOnce = 50;

type Named = { Params: { name: string } };
type Numbered = { Params: { name: string; revision: string } };

const revision: Reader<number> = wholeNumber({ noun: "a revision", min: 1, max: Number.MAX_SAFE_INTEGER });
const rollback = record<{ readonly revision: number }>(
  { revision: required(revision, 'add "revision:" with the number of the one to bring back') },
  { noun: "a rollback" },
);

export function revisionRoutes(app: FastifyInstance, parts: HttpParts): void {
  for (const kind of ["breed", "workflow"] as const) routesOf(app, parts, kind);
}

function routesOf(app: FastifyInstance, parts: HttpParts, kind: ArtifactKind): void {
  const { artifacts } = parts;
  const path = `/api/v1/${pluralKind(kind)}/:name`;
  const tags = [pluralKind(kind)];
  const shape = kind === "breed" ? BreedSchema : WorkflowSchema;

  const list = {
    tags,
    summary: `List the revisions of one ${kind}, newest first`,
    params: NameParameter,
    querystring: PageQuery,
    response: { 200: Type.Array(RevisionSchema), ...refusals },
  };
  app.get<Named>(`${path}/revisions`, { schema: list }, async (request, reply) => {
    const page = pageOf(request);
    const artifact = { kind, name: request.params.name };
    const rows = await revisionsOf(artifact, artifacts, () => archived(artifact, parts));
    if (rows === null) throw unknown(artifact);
    setPageHeaders(request, reply, page, rows.length);
    return reply.send(sliceOf(rows, page));
  });

  const one = {
    tags,
    summary: `Read one ${kind} as it was in a revision`,
    params: RevisionParameters,
    response: { 200: shape, ...refusals },
  };
  app.get<Numbered>(`${path}/revisions/:revision`, { schema: one }, async (request) => {
    const { name, revision: text } = request.params;
    // People are shown it as v2.
    const digits = /^v?(\d{1,15})$/.exec(text)?.[1];
    const parsed = revision(digits === undefined ? text : Number(digits), "revision");
    if (!parsed.ok) throw invalid(parsed.problems);
    const { artifact } = (await keptRevision({ kind, name }, parsed.value, parts)).first;
    return maskedFor(identityOf(request), artifact as unknown as Readonly<Record<string, unknown>>, parts);
  });

  const back = {
    tags,
    summary: `Save a ${kind} as it was in a revision, as a new revision`,
    params: NameParameter,
    headers: ConditionHeaders,
    body: RollbackBody,
    consumes: ["application/json", "application/x-yaml"],
    response: { 200: Type.Ref("Applied"), ...refusals },
  };
  app.post<Named>(`${path}/rollback`, { schema: back }, async (request, reply) => {
    const artifact = { kind, name: request.params.name };
    const condition = conditionOf(request);
    const kept = await keptRevision(artifact, revisionIn(request), parts);
    const checked = checkRevision(artifact, kept, artifacts);
    if (!checked.ok) throw invalid(checked.problems);
    const identity = identityOf(request);
    refuseDocuments(identity, [checked.value], artifacts);
    if (validatesOnly(request)) {
      checkOf(condition, kind, artifact.name)?.(standingOf(artifact, artifacts));
      return reply.send(planArtifacts([checked.value], artifacts)[0]);
    }
    const how = { by: nameOf(identity), condition, guard: guardOf(identity) };
    const applied = await rollBack(checked.value, kept, artifacts, how);
    setTag(reply, applied.revision);
    return reply.send(applied);
  });
}

/** Throws HttpProblem 404 or 410. */
async function keptRevision(artifact: ArtifactName, wanted: number, { artifacts }: HttpParts): Promise<Kept> {
  const what = `${artifact.kind} "${artifact.name}"`;
  const found = await findRevision(artifact, wanted, artifacts);
  switch (found?.kind) {
    case undefined:
      throw unknown(artifact);
    case "kept":
      return found;
    case "never":
      throw new HttpProblem("not-found", `there is no revision ${wanted} of ${what}; the newest is ${found.newest}`);
    case "deletion":
      throw new HttpProblem(
        "gone",
        `revision ${wanted} of ${what} is its deletion by ${found.entry.savedBy} at ${found.entry.savedAt}; take an earlier one`,
      );
    case "gone":
      throw new HttpProblem(
        "gone",
        `revision ${wanted} of ${what} is not kept any more; the oldest that is there is ${found.oldest}`,
      );
  }
}

/** Throws HttpProblem 400. */
function revisionIn(request: FastifyRequest): number {
  const [document, second] = documentsOf(request);
  if (second) throw new HttpProblem("invalid", "body: expected one document {revision: …}, got several");
  const parsed = rollback(document?.value, "body");
  if (!parsed.ok) throw invalid(parsed.problems);
  return parsed.value.revision;
}

/** What the controller said of changes of the artifact, newest first, as far as it can be read now. */
async function archived({ kind, name }: ArtifactName, { index, appender }: HttpParts): Promise<Event[]> {
  const tags = ["archive", `${kind}s:${name}`];
  const found: Event[] = [];
  try {
    while (found.length < archivedMax) {
      const page = await index.query(
        {
          filter: { tags, type: "archive", source: "/controller" },
          time: {},
          order: "newest",
          beyond: null,
          offset: found.length,
          limit: archivedAtOnce,
          count: "none",
        },
        appender.lastSequence,
      );
      found.push(...eventsOf(page));
      if (page.texts.length < archivedAtOnce) break;
    }
  } catch (error) {
    if (!(error instanceof IndexUnavailable || error instanceof PageTooLarge)) throw error;
  }
  return found;
}

function unknown({ kind, name }: ArtifactName): HttpProblem {
  return new HttpProblem("not-found", `there never was a ${kind} "${name}"`);
}
