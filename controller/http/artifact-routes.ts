// Breeds and workflows, one at a time or several documents of one kind, as Vamp's API has them.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type JsonSchema, Type } from "./json-schema.ts";
import type { Artifact, ArtifactKind } from "../../model/artifact.ts";
import type { Document } from "../../model/documents.ts";
import { checkArtifacts, saveArtifacts } from "../artifacts/apply.ts";
import { type Condition, checkOf } from "../artifacts/condition.ts";
import { standingOf } from "../artifacts/revisions.ts";
import { bodyOf, documentsOf } from "./body.ts";
import { guardOf, refuseDocuments } from "./granting.ts";
import { identityOf, mayList, nameOf } from "./identity.ts";
import { maskedFor } from "./masked-environment.ts";
import { type Page, pageOf, setPageHeaders, sliceOf } from "./paging.ts";
import type { HttpParts } from "./parts.ts";
import { conditionOf, refuseCondition, setTag } from "./precondition.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { parameter } from "./query.ts";
import {
  BreedSchema,
  ConditionHeaders,
  DocumentSchema,
  NameParameter,
  PageQuery,
  WorkflowSchema,
  refusals,
} from "./schemas.ts";
import { workflowViews } from "./workflow-view.ts";

type Named = { Params: { name: string } };
type View = Readonly<Record<string, unknown>>;

/** One kind of artifact as the API shows it. */
type Collection = {
  readonly kind: ArtifactKind;
  readonly path: string;
  readonly shape: JsonSchema;
  readonly page: (
    page: Page,
    mayShow: (name: string) => boolean,
  ) => Promise<{ readonly items: readonly View[]; readonly total: number }>;
  /** Those that exist, in the same order. */
  readonly read: (names: readonly string[]) => Promise<readonly View[]>;
  /** Of one that exists. */
  readonly revisionOf: (name: string) => number | null;
  readonly remove: (name: string, by: string, condition: Condition | null) => Promise<unknown>;
};

export function artifactRoutes(app: FastifyInstance, parts: HttpParts): void {
  for (const collection of [breedsOf(parts), workflowsOf(parts)]) {
    readRoutes(app, parts, collection);
    writeRoutes(app, parts, collection);
    deleteRoute(app, parts, collection);
  }
}

function breedsOf({ artifacts: { breeds } }: HttpParts): Collection {
  return {
    kind: "breed",
    path: "/api/v1/breeds",
    shape: BreedSchema,
    async page(page, mayShow) {
      const all = breeds.list().filter(({ artifact }) => mayShow(artifact.name));
      return { items: sliceOf(all, page).map((entry) => entry.artifact), total: all.length };
    },
    read: async (names) => names.flatMap((name) => breeds.get(name)?.artifact ?? []),
    revisionOf: (name) => breeds.get(name)?.revision ?? null,
    remove: (name, by, condition) => breeds.remove(name, by, condition),
  };
}

function workflowsOf(parts: HttpParts): Collection {
  const { workflows } = parts.artifacts;
  return {
    kind: "workflow",
    path: "/api/v1/workflows",
    shape: WorkflowSchema,
    async page(page, mayShow) {
      const all = workflows.list().filter(({ artifact }) => mayShow(artifact.name));
      return { items: await workflowViews(sliceOf(all, page), parts), total: all.length };
    },
    read: async (names) =>
      workflowViews(
        names.flatMap((name) => workflows.get(name) ?? []),
        parts,
      ),
    revisionOf: (name) => workflows.get(name)?.revision ?? null,
    remove: (name, by, condition) => workflows.remove(name, by, condition),
  };
}

function readRoutes(app: FastifyInstance, parts: HttpParts, collection: Collection): void {
  const { kind, path, shape, page: pageAt, read, revisionOf } = collection;
  const many = {
    tags: [`${kind}s`],
    summary: `List ${kind}s`,
    querystring: PageQuery,
    response: { 200: Type.Array(shape), ...refusals },
  };
  app.get(path, { schema: many }, async (request, reply) => {
    const page = pageOf(request);
    const identity = identityOf(request);
    const { items, total } = await pageAt(page, (name) => mayList(identity, name));
    setPageHeaders(request, reply, page, total);
    return reply.send(items.map((view) => maskedFor(identity, view, parts)));
  });

  const one = { ...many, summary: `Read one ${kind}`, params: NameParameter, response: { 200: shape, ...refusals } };
  app.get<Named>(`${path}/:name`, { schema: one }, async (request, reply) => {
    // Before it is read: a tag that is older than what is shown only refuses more.
    const revision = revisionOf(request.params.name);
    const [found] = await read([request.params.name]);
    if (found === undefined) throw new HttpProblem("not-found", `there is no ${kind} "${request.params.name}"`);
    if (revision !== null) setTag(reply, revision);
    return reply.send(maskedFor(identityOf(request), found, parts));
  });
}

function writeRoutes(app: FastifyInstance, parts: HttpParts, { kind, path, shape, read }: Collection): void {
  const consumes = ["application/json", "application/x-yaml"];
  const schema = { tags: [`${kind}s`], body: DocumentSchema, response: { "2xx": shape, ...refusals } };
  for (const method of ["POST", "PUT"] as const) {
    const saved = method === "POST" ? 201 : 200;
    app.route({
      method,
      url: path,
      schema: { ...schema, summary: `Save one or several ${kind}s`, consumes },
      handler: async (request, reply) => {
        refuseCondition(request);
        const { views } = await save(request, null);
        return reply.code(validatesOnly(request) ? 200 : saved).send(views.length === 1 ? views[0] : views);
      },
    });
    app.route<Named>({
      method,
      url: `${path}/:name`,
      schema: {
        ...schema,
        summary: `Save one ${kind}`,
        params: NameParameter,
        headers: ConditionHeaders,
        consumes: [...consumes, "application/javascript"],
      },
      handler: async (request, reply) => {
        const { views, revision } = await save(request, request.params.name);
        if (revision !== null) setTag(reply, revision);
        const [view] = views;
        return reply.code(validatesOnly(request) ? 200 : saved).send(view);
      },
    });
  }

  /** Resolves with what is stored now and its revision, or with what would be. Rejects with ConditionFailed. */
  async function save(
    request: FastifyRequest,
    name: string | null,
  ): Promise<{ readonly views: readonly unknown[]; readonly revision: number | null }> {
    const condition = conditionOf(request);
    const documents = scriptDocument(request, kind, name) ?? documentsOf(request);
    if (name !== null && documents.length > 1) {
      throw new HttpProblem("invalid", `expected one ${kind} in the body, got ${documents.length}`);
    }
    const checked = checkArtifacts(documents, { kind, name }, parts.artifacts);
    if (!checked.ok) throw invalid(checked.problems);
    const identity = identityOf(request);
    refuseDocuments(identity, checked.value, parts.artifacts);
    if (validatesOnly(request)) {
      if (name !== null) checkOf(condition, kind, name)?.(standingOf({ kind, name }, parts.artifacts));
      return { views: checked.value.map(asWritten), revision: null };
    }
    const options = { condition, guard: guardOf(identity), newestPackages: wantsNewestPackages(request) };
    const [saved = null] = await saveArtifacts(checked.value, parts.artifacts, nameOf(identity), options);
    const views = await read(checked.value.map((artifact) => artifact.name));
    return { views, revision: saved && saved.revision };
  }
}

function deleteRoute(app: FastifyInstance, parts: HttpParts, { kind, path, remove }: Collection): void {
  const summary = `Delete one ${kind}; deleting again is fine`;
  const schema = { tags: [`${kind}s`], summary, params: NameParameter, headers: ConditionHeaders };
  app.delete<Named>(`${path}/:name`, { schema }, async (request, reply) => {
    const condition = conditionOf(request);
    const { name } = request.params;
    if (validatesOnly(request)) checkOf(condition, kind, name)?.(standingOf({ kind, name }, parts.artifacts));
    else await remove(name, nameOf(identityOf(request)), condition);
    return reply.code(204).send();
  });
}

/** A JavaScript body is a breed of its own: its name is in the address and the body is its definition. */
function scriptDocument(request: FastifyRequest, kind: ArtifactKind, name: string | null): Document[] | null {
  const body = bodyOf(request);
  if (body.format !== "javascript" || kind !== "breed" || name === null) return null;
  return [{ path: "", value: { name, deployable: { type: "application/javascript", definition: body.text } } }];
}

function asWritten(artifact: Artifact): unknown {
  return artifact.kind === "breed" ? artifact.breed : artifact.workflow;
}

/** `newest_packages=true`: npm packages are the newest that fit, also where their ranges did not change. */
export function wantsNewestPackages(request: FastifyRequest): boolean {
  return parameter(request, "newest_packages") === "true";
}

/** `validate_only=true`: everything is checked and nothing stored. */
export function validatesOnly(request: FastifyRequest): boolean {
  return parameter(request, "validate_only") === "true";
}
