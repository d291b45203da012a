// Breeds and workflows, one at a time or several documents of one kind, as Vamp's API has them.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { ArtifactKind } from "../../model/artifact.ts";
import type { Document } from "../../model/documents.ts";
import { checkArtifacts, saveArtifacts } from "../artifacts/apply.ts";
import { bodyOf, documentsOf } from "./body.ts";
import { identityOf, nameOf } from "./identity.ts";
import { pageOf, setPageHeaders, sliceOf } from "./paging.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { parameter } from "./query.ts";
import { BreedSchema, NameParameter, PageQuery, WorkflowSchema, refusals } from "./schemas.ts";
import { workflowView } from "./workflow-view.ts";

type Named = { Params: { name: string } };

export function artifactRoutes(app: FastifyInstance, parts: HttpParts): void {
  const { artifacts } = parts;
  const readers: Readonly<{ [K in ArtifactKind]: { list(): unknown[]; get(name: string): unknown } }> = {
    breed: {
      list: () => artifacts.breeds.list().map((entry) => entry.artifact),
      get: (name) => artifacts.breeds.get(name)?.artifact ?? null,
    },
    workflow: {
      list: () => artifacts.workflows.list().map((entry) => workflowView(entry, parts.stateOf(entry))),
      get(name) {
        const entry = artifacts.workflows.get(name);
        return entry && workflowView(entry, parts.stateOf(entry));
      },
    },
  };

  for (const kind of ["breed", "workflow"] as const) {
    const collection = `/api/v1/${kind}s`;
    const schema = {
      tags: [`${kind}s`],
      response: { 200: kind === "breed" ? BreedSchema : WorkflowSchema, ...refusals },
    };
    const read = readers[kind];

    app.get(
      collection,
      {
        schema: {
          ...schema,
          summary: `List ${kind}s`,
          querystring: PageQuery,
          response: { 200: Type.Array(schema.response[200]), ...refusals },
        },
      },
      (request, reply) => {
        const page = pageOf(request);
        const all = read.list();
        setPageHeaders(request, reply, page, all.length);
        return reply.send(sliceOf(all, page));
      },
    );

    app.get<Named>(
      `${collection}/:name`,
      { schema: { ...schema, summary: `Read one ${kind}`, params: NameParameter } },
      (request) => {
        const found = read.get(request.params.name);
        if (found === null) throw new HttpProblem("not-found", `there is no ${kind} "${request.params.name}"`);
        return found;
      },
    );

    for (const method of ["POST", "PUT"] as const) {
      app.route({
        method,
        url: collection,
        schema: {
          ...schema,
          summary: `Save one or several ${kind}s`,
          consumes: ["application/json", "application/x-yaml"],
        },
        handler: async (request, reply) => {
          const saved = await save(request, kind, null);
          const views = saved.map(({ name, stored }) => (stored ? read.get(name) : null));
          return reply.code(method === "POST" ? 201 : 200).send(views.length === 1 ? views[0] : views);
        },
      });
    }

    for (const method of ["POST", "PUT"] as const) {
      app.route<Named>({
        method,
        url: `${collection}/:name`,
        schema: {
          ...schema,
          summary: `Save one ${kind}`,
          params: NameParameter,
          consumes: ["application/json", "application/x-yaml", "application/javascript"],
        },
        handler: async (request, reply) => {
          const saved = await save(request, kind, request.params.name);
          if (saved.length !== 1)
            throw new HttpProblem("invalid", `expected one ${kind} in the body, got ${saved.length}`);
          return reply.code(method === "POST" ? 201 : 200).send(read.get(request.params.name));
        },
      });
    }

    app.delete<Named>(
      `${collection}/:name`,
      { schema: { tags: [`${kind}s`], summary: `Delete one ${kind}; deleting again is fine`, params: NameParameter } },
      async (request, reply) => {
        const store = kind === "breed" ? artifacts.breeds : artifacts.workflows;
        if (!validatesOnly(request)) await store.remove(request.params.name, nameOf(identityOf(request)));
        return reply.code(204).send();
      },
    );
  }

  async function save(
    request: FastifyRequest,
    kind: ArtifactKind,
    name: string | null,
  ): Promise<{ name: string; stored: boolean }[]> {
    const documents = scriptDocument(request, kind, name) ?? documentsOf(request);
    if (name !== null && documents.length > 1)
      throw new HttpProblem("invalid", `expected one ${kind} in the body, got ${documents.length}`);
    const checked = checkArtifacts(documents, { kind, name }, artifacts);
    if (!checked.ok) throw invalid(checked.problems);
    const stored = !validatesOnly(request);
    if (stored) await saveArtifacts(checked.value, artifacts, nameOf(identityOf(request)));
    return checked.value.map((artifact) => ({ name: artifact.name, stored }));
  }
}

/** A JavaScript body is a breed of its own: its name is in the address and the body is its definition. */
function scriptDocument(request: FastifyRequest, kind: ArtifactKind, name: string | null): Document[] | null {
  const body = bodyOf(request);
  if (body.format !== "javascript" || kind !== "breed" || name === null) return null;
  return [{ path: "", value: { name, deployable: { type: "application/javascript", definition: body.text } } }];
}

export function validatesOnly(request: FastifyRequest): boolean {
  return parameter(request, "validate_only") === "true";
}
