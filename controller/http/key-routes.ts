// API keys: made, listed and deleted by people. A value is answered once, when it is made.
import type { FastifyInstance } from "fastify";
import { keyName } from "../identity/api-keys.ts";
import { record, required } from "../../model/record.ts";
import { documentsOf } from "./body.ts";
import { identityOf, nameOf } from "./identity.ts";
import { Type } from "./json-schema.ts";
import { pageOf, setPageHeaders, sliceOf } from "./paging.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { parameter } from "./query.ts";
import { KeySchema } from "./run-schemas.ts";
import { NameParameter, PageQuery, refusals } from "./schemas.ts";

const CreatedSchema = Type.Object({
  name: Type.String(),
  value: Type.String({ description: "shown this once; only its hash is stored" }),
  createdAt: Type.String(),
});

const DeletedSchema = Type.Object({
  name: Type.String(),
  deleted: Type.Boolean({ description: "false: there was no such key" }),
  workflows: Type.Array(Type.String(), { description: "whose webhooks need it: nobody can call them now" }),
});

const request = record<{ readonly name: string }>(
  { name: required(keyName, 'add "name:", such as "name: github"') },
  { noun: "a key" },
);

export function keyRoutes(app: FastifyInstance, { keys, artifacts }: HttpParts): void {
  const about = { tags: ["keys"] };
  const creation = {
    ...about,
    summary: "Make an API key; replace=true exchanges the value of one that exists",
    body: Type.Object({ name: Type.String() }),
    querystring: Type.Object({ replace: Type.Optional(Type.Boolean({ default: false })) }),
    response: { 201: CreatedSchema, ...refusals },
  };
  app.post("/api/v1/keys", { schema: creation }, async (asked, reply) => {
    const [document, second] = documentsOf(asked);
    if (second) throw new HttpProblem("invalid", "body: expected one key {name: …}, got several; make one at a time");
    const parsed = request(document?.value, "key");
    if (!parsed.ok) throw invalid(parsed.problems);
    const { name } = parsed.value;
    const replace = parameter(asked, "replace") === "true";
    const created = await keys.create(name, { by: nameOf(identityOf(asked)), replace });
    switch (created.kind) {
      case "created":
        reply.code(201).header("Cache-Control", "no-store");
        return { name, value: created.value, createdAt: created.createdAt };
      case "exists":
        throw new HttpProblem(
          "conflict",
          `key.name: expected a new name, got "${name}", which exists; drover key create ${name} --replace exchanges its value`,
        );
      case "full":
        throw new HttpProblem("conflict", `there are ${created.max} keys already; delete some that nobody uses`);
    }
  });

  const list = { ...about, summary: "List API keys, without their values", querystring: PageQuery };
  app.get(
    "/api/v1/keys",
    { schema: { ...list, response: { 200: Type.Array(KeySchema), ...refusals } } },
    (asked, reply) => {
      const page = pageOf(asked);
      const all = keys.list();
      setPageHeaders(asked, reply, page, all.length);
      return reply.send(sliceOf(all, page));
    },
  );

  const removal = {
    ...about,
    summary: "Delete an API key; deleting again is fine",
    params: NameParameter,
    response: { 200: DeletedSchema, ...refusals },
  };
  app.delete<{ Params: { name: string } }>("/api/v1/keys/:name", { schema: removal }, async (asked, reply) => {
    const { name } = asked.params;
    const deleted = await keys.remove(name, nameOf(identityOf(asked)));
    return reply.send({ name, deleted, workflows: workflowsWith(name) });
  });

  /** Those whose webhook is called with this key. */
  function workflowsWith(key: string): string[] {
    return artifacts.workflows.list().flatMap(({ artifact: { name, schedule } }) => {
      const names = typeof schedule === "object" && "webhook" in schedule && schedule.webhook.key === key;
      return names ? [name] : [];
    });
  }
}
