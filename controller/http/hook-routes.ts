// Webhooks: `POST /hooks/{workflow}`, for servers that know nothing of Drover but an address and a key.
//
//   H1. Whoever has no key that is known learns nothing, not even whether there is such a workflow, and its body is not read.
//   H2. The event is durable before the answer. A suspended workflow takes it, too: that its run is skipped is recorded.
//   H3. The key is in no log line and no answer: addresses are shown without their query (shown-url.ts).
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { readJson } from "../../model/json.ts";
import { bodyOf } from "./body.ts";
import { Type } from "./json-schema.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem, invalid } from "./problem.ts";
import type { Rates } from "./rates.ts";
import { Refused } from "./refused.ts";
import { parameters } from "./query.ts";
import { TriggeredSchema } from "./run-schemas.ts";
import { refusals } from "./schemas.ts";
import { setOff, triggeredBy } from "./trigger.ts";

const keyName = "x-api-key";
const jsonType = /^(?:application|text)\/(?:[\w.-]+\+)?json$/;

type Hook = { Params: { workflow: string } };

const schema = {
  tags: ["runs"],
  summary: "Call a webhook; Idempotency-Key makes a repeat one run, whatever its body (the first one counts)",
  params: Type.Object({ workflow: Type.String() }),
  headers: Type.Object({ [keyName]: Type.Optional(Type.String({ description: "the API key; or in the query" })) }),
  querystring: Type.Object({ [keyName]: Type.Optional(Type.String()) }),
  body: Type.Unknown({ description: "JSON when the content type says so, else text" }),
  response: { 202: TriggeredSchema, ...refusals },
};

export function hookRoutes(app: FastifyInstance, parts: HttpParts, rates: Rates): void {
  const onRequest = async (request: FastifyRequest<Hook>, reply: FastifyReply): Promise<void> =>
    rates.takeAsKey(reply, admit(request, reply, parts));
  app.post<Hook>("/hooks/:workflow", { schema, onRequest }, async (request, reply) => {
    const trigger = { kind: "webhook", workflow: request.params.workflow } as const;
    const triggered = triggeredBy(request, trigger);
    await setOff(request, parts, { trigger, triggered, value: valueOf(request) });
    return reply.code(202).send(triggered);
  });
}

/** The name of the key. Throws Refused 401, HttpProblem 404 or Refused 403, in this order. */
function admit(
  request: FastifyRequest<Hook>,
  reply: FastifyReply,
  { keys, artifacts }: Pick<HttpParts, "keys" | "artifacts">,
): string {
  const value = request.headers[keyName] ?? parameters(request, keyName).at(-1);
  const presented = typeof value === "string" && value !== "" ? keys.nameOf(value) : null;
  if (presented === null) {
    reply.header("WWW-Authenticate", `ApiKey header="${keyName}"`);
    const came = value === undefined ? "no key" : "a key that does not exist";
    throw new Refused(
      { reason: value === undefined ? "no-key" : "unknown-key", by: "anyone" },
      `${keyName}: expected the value of an API key as header or query parameter, got ${came}; drover key create NAME makes one`,
    );
  }
  const { workflow } = request.params;
  const schedule = artifacts.workflows.get(workflow)?.artifact.schedule;
  if (typeof schedule !== "object" || !("webhook" in schedule)) {
    throw new HttpProblem("not-found", `there is no workflow "${workflow}" with a webhook`);
  }
  if (schedule.webhook.key === presented) return presented;
  throw new Refused(
    { reason: "wrong-key", by: `key:${presented}` },
    `${keyName}: expected the key that workflow "${workflow}" names in schedule.webhook.key, got the key "${presented}"`,
  );
}

/** JSON where the sender says that it is, text otherwise, `""` for nothing. Throws HttpProblem 400. */
function valueOf(request: FastifyRequest): unknown {
  const { text, contentType } = bodyOf(request);
  if (text === "" || !jsonType.test(contentType)) return text;
  try {
    return JSON.parse(text);
  } catch {
    // The strict reader knows where it is wrong.
    const parsed = readJson(text);
    throw parsed.ok ? new HttpProblem("invalid", "body: expected valid JSON; correct it") : invalid(parsed.problems);
  }
}
