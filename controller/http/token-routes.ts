// Tokens: made, listed and revoked by admins. A value is answered once, when it is made.
import type { FastifyInstance } from "fastify";
import { roles } from "../../model/grant.ts";
import { tokenRequest } from "../../model/token.ts";
import { documentsOf } from "./body.ts";
import { identityOf, nameOf } from "./identity.ts";
import { Type } from "./json-schema.ts";
import { pageOf, setPageHeaders, sliceOf } from "./paging.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { NameParameter, PageQuery, refusals } from "./schemas.ts";

const RoleSchema = Type.String({ enum: [...roles] });
const shape = {
  name: Type.String(),
  role: RoleSchema,
  workflows: Type.Union([Type.Array(Type.String()), Type.Null()], { description: "patterns of names; null: all" }),
  expiresAt: Type.Union([Type.String(), Type.Null()]),
  createdAt: Type.String(),
  lastUsedAt: Type.Union([Type.String(), Type.Null()], { description: "to the minute" }),
  by: Type.String(),
};
const TokenSchema = Type.Object(shape);
const CreatedSchema = Type.Object({
  ...shape,
  value: Type.String({ description: "shown this once; only its hash is stored" }),
});
const RevokedSchema = Type.Object({
  name: Type.String(),
  revoked: Type.Boolean({ description: "false: there was no such token" }),
});

export function tokenRoutes(app: FastifyInstance, { tokens }: HttpParts): void {
  const about = { tags: ["tokens"] };
  const creation = {
    ...about,
    summary: "Make a token, which proves who asks: Authorization: Bearer VALUE",
    body: Type.Object({
      name: Type.String(),
      role: RoleSchema,
      workflows: Type.Optional(Type.Array(Type.String({ description: "a name, or a pattern such as shop-*" }))),
      expires: Type.Optional(Type.String({ description: "ISO 8601: a moment, or how long from now (P30D)" })),
    }),
    consumes: ["application/json", "application/x-yaml"],
    response: { 201: CreatedSchema, ...refusals },
  };
  app.post("/api/v1/tokens", { schema: creation }, async (request, reply) => {
    const [document, second] = documentsOf(request);
    if (second) throw new HttpProblem("invalid", "body: expected one token, got several; make one at a time");
    const parsed = tokenRequest(document?.value, "token");
    if (!parsed.ok) throw invalid(parsed.problems);
    const { name } = parsed.value;
    const created = await tokens.create(parsed.value, nameOf(identityOf(request)));
    switch (created.kind) {
      case "created":
        reply.code(201).header("Cache-Control", "no-store");
        return { ...created.token, value: created.value };
      case "exists":
        throw new HttpProblem(
          "conflict",
          `token.name: expected a new name, got "${name}", which exists; revoke it first, or choose another one`,
        );
      case "over":
        throw new HttpProblem("invalid", `token.expires: expected a moment to come, got ${created.expiresAt}`);
      case "full":
        throw new HttpProblem("conflict", `there are ${created.max} tokens already; revoke some that nobody uses`);
    }
  });

  const list = { ...about, summary: "List tokens, without their values", querystring: PageQuery };
  app.get(
    "/api/v1/tokens",
    { schema: { ...list, response: { 200: Type.Array(TokenSchema), ...refusals } } },
    (request, reply) => {
      const page = pageOf(request);
      const all = tokens.list();
      setPageHeaders(request, reply, page, all.length);
      return reply.send(sliceOf(all, page));
    },
  );

  const removal = {
    ...about,
    summary: "Revoke a token, and end what is under way with it; doing so again is fine",
    params: NameParameter,
    response: { 200: RevokedSchema, ...refusals },
  };
  app.delete<{ Params: { name: string } }>("/api/v1/tokens/:name", { schema: removal }, async (request, reply) => {
    const { name } = request.params;
    return reply.send({ name, revoked: await tokens.revoke(name, nameOf(identityOf(request))) });
  });
}
