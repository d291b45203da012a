// Secrets: what there is of them, never their values. For people only (access.ts).
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Parsed, accepted, refused } from "../../model/problem.ts";
import { name as nameReader } from "../../model/names.ts";
import { record, required } from "../../model/record.ts";
import { secretKey, secretValues } from "../../model/secret.ts";
import { type Changed, SecretsFull, SecretsLocked } from "../secrets/secrets.ts";
import { documentsOf } from "./body.ts";
import { identityOf, nameOf } from "./identity.ts";
import { Type } from "./json-schema.ts";
import { pageOf, setPageHeaders, sliceOf } from "./paging.ts";
import type { HttpParts } from "./parts.ts";
import { conditionOf, setTag } from "./precondition.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { parameter, parameters } from "./query.ts";
import { ConditionHeaders, NameParameter, PageQuery, refusals } from "./schemas.ts";
import { ChangedSchema, SecretSchema, SecretValuesBody } from "./secret-schemas.ts";
import { refuseWhatIsNamed, secretView, workflowsNaming } from "./secret-use.ts";
import { shortOnes } from "./short-secrets.ts";

type Named = { Params: { name: string } };

const request = record<{ readonly values: Readonly<Record<string, string>> }>(
  { values: required(secretValues, 'add "values:" with a key and its value, such as {values: {TOKEN: …}}') },
  { noun: "a secret" },
);

export function secretRoutes(app: FastifyInstance, parts: HttpParts): void {
  const { secrets, artifacts } = parts;
  const about = { tags: ["secrets"] };
  const one = { ...about, params: NameParameter };

  const list = { ...about, summary: "List secrets: names and keys, never values", querystring: PageQuery };
  app.get(
    "/api/v1/secrets",
    { schema: { ...list, response: { 200: Type.Array(SecretSchema), ...refusals } } },
    (asked, reply) => {
      const page = pageOf(asked);
      const all = secrets.list();
      setPageHeaders(asked, reply, page, all.length);
      return reply.send(sliceOf(all, page).map((secret) => secretView(secret, artifacts)));
    },
  );

  const read = { ...one, summary: "Read what there is of a secret, never its values" };
  app.get<Named>(
    "/api/v1/secrets/:name",
    { schema: { ...read, response: { 200: SecretSchema, ...refusals } } },
    (asked, reply) => {
      const secret = secrets.get(asked.params.name);
      if (secret === null) throw new HttpProblem("not-found", `there is no secret "${asked.params.name}"`);
      setTag(reply, secret.revision);
      return reply.send(secretView(secret, artifacts));
    },
  );

  const change = {
    ...one,
    headers: ConditionHeaders,
    querystring: Type.Object({
      redeploy: Type.Optional(
        Type.Boolean({ description: "restart the workflows that name it and run", default: false }),
      ),
      force: Type.Optional(Type.Boolean({ description: "also remove what workflows name", default: false })),
    }),
    response: { 200: ChangedSchema, ...refusals },
  };
  for (const [method, summary, replace] of [
    ["PATCH", "Set keys of a secret; its other keys stay", false],
    ["PUT", "Set a secret; its other keys go", true],
  ] as const) {
    app.route<Named>({
      method,
      url: "/api/v1/secrets/:name",
      schema: { ...change, summary, body: SecretValuesBody, consumes: ["application/json", "application/x-yaml"] },
      handler: (asked) => {
        const { secret, values } = valuesOf(asked);
        return changing(asked, secret, shortOnes(values), () =>
          secrets.set(secret, values, { ...how(asked, secret), replace }),
        );
      },
    });
  }

  const removal = {
    ...change,
    summary: "Delete a secret, or with `key` (as often as needed) keys of it; deleting again is fine",
    querystring: Type.Object({
      ...(change.querystring["properties"] as object),
      key: Type.Optional(Type.Array(Type.String())),
    }),
  };
  app.delete<Named>("/api/v1/secrets/:name", { schema: removal }, (asked) => {
    const { name } = asked.params;
    const keys = parameters(asked, "key");
    const problems = keys.flatMap((key) => {
      const parsed = secretKey(key, "key");
      return parsed.ok ? [] : parsed.problems;
    });
    if (problems.length > 0) throw invalid(problems);
    return changing(asked, name, [], () => secrets.remove(name, keys.length === 0 ? null : keys, how(asked, name)));
  });

  function how(asked: FastifyRequest, secret: string) {
    const isForced = parameter(asked, "force") === "true";
    return {
      by: nameOf(identityOf(asked)),
      condition: conditionOf(asked),
      onRemoval: (keys: readonly string[]) => isForced || refuseWhatIsNamed(secret, keys, artifacts),
    };
  }

  async function changing(
    asked: FastifyRequest,
    name: string,
    warnings: readonly string[],
    work: () => Promise<Changed>,
  ): Promise<unknown> {
    const changed = await work().catch((error: unknown) => {
      throw asProblem(error);
    });
    const naming = workflowsNaming(name, artifacts);
    const redeployed: string[] = [];
    if (parameter(asked, "redeploy") === "true") {
      const running = naming.filter((workflow) => artifacts.workflows.get(workflow)?.status === "running");
      for (const workflow of running)
        if (await artifacts.workflows.restart(workflow, nameOf(identityOf(asked)))) redeployed.push(workflow);
    }
    return { name, ...changed, workflows: naming, redeployed, warnings };
  }
}

function asProblem(error: unknown): unknown {
  if (error instanceof SecretsLocked) return new HttpProblem("conflict", `secrets are locked: ${error.message}`);
  if (error instanceof SecretsFull) return new HttpProblem("conflict", error.message);
  return error;
}

/** Throws HttpProblem 400, and never with a piece of what was sent. */
function valuesOf(asked: FastifyRequest): {
  readonly secret: string;
  readonly values: Readonly<Record<string, string>>;
} {
  const secret = nameReader((asked.params as Named["Params"]).name, "name");
  const values = parsedBody(asked);
  if (secret.ok && values.ok) return { secret: secret.value, values: values.value };
  throw invalid([secret, values].flatMap((parsed) => (parsed.ok ? [] : parsed.problems)));
}

function parsedBody(asked: FastifyRequest): Parsed<Readonly<Record<string, string>>> {
  let documents: ReturnType<typeof documentsOf>;
  try {
    documents = documentsOf(asked);
  } catch (error) {
    // What cannot be read is shown by whoever reads it, and here it is full of secrets.
    if (!(error instanceof HttpProblem) || error.body.problems === undefined) throw error;
    return refused(
      ...error.body.problems.map(({ path, expected, fix }) => ({ path, expected, got: "something else", fix })),
    );
  }
  const [document, second] = documents;
  if (second) return refused({ path: "body", expected: "one secret", got: "several", fix: "set one at a time" });
  const parsed = request(document?.value, "secret");
  return parsed.ok ? accepted(parsed.value.values) : parsed;
}
