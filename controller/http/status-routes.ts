// The status of a workflow as a resource of its own: a bare word or a JSON string.
import type { FastifyInstance, FastifyReply } from "fastify";
import { Type } from "./json-schema.ts";
import { bodyOf } from "./body.ts";
import { identityOf, nameOf } from "./identity.ts";
import type { Condition } from "../artifacts/condition.ts";
import type { HttpParts } from "./parts.ts";
import { conditionOf } from "./precondition.ts";
import { HttpProblem } from "./problem.ts";
import { ConditionHeaders, NameParameter, refusals } from "./schemas.ts";

type Named = { Params: { name: string } };

export function statusRoutes(app: FastifyInstance, parts: HttpParts): void {
  const { workflows } = parts.artifacts;
  const schema = { tags: ["workflows"], params: NameParameter, response: { 200: Type.String(), ...refusals } };

  app.get<Named>(
    "/api/v1/workflows/:name/status",
    { schema: { ...schema, summary: "Read the status of a workflow" } },
    (request, reply) => {
      const entry = workflows.get(request.params.name);
      if (!entry) throw unknownWorkflow(request.params.name);
      return answerWord(reply, parts.stateOf(entry).status);
    },
  );

  app.put<Named>(
    "/api/v1/workflows/:name/status",
    { schema: { ...schema, headers: ConditionHeaders, summary: "Run, suspend or restart a workflow" } },
    async (request, reply) => {
      const { name } = request.params;
      const word = wordOf(bodyOf(request).text);
      const by = nameOf(identityOf(request));
      if (!isRequest(word))
        throw new HttpProblem(
          "invalid",
          `Illegal workflow status: '${word.slice(0, 40)}'; expected running, suspended or restarting`,
        );
      const entry = await requests[word](name, by, conditionOf(request));
      if (!entry) throw unknownWorkflow(name);
      return answerWord(reply, parts.stateOf(entry).status);
    },
  );

  const run = (name: string, by: string, condition: Condition | null) =>
    workflows.setStatus(name, "running", by, condition);
  const suspend = (name: string, by: string, condition: Condition | null) =>
    workflows.setStatus(name, "suspended", by, condition);
  const restart = (name: string, by: string, condition: Condition | null) => workflows.restart(name, by, condition);
  const requests = { running: run, starting: run, suspended: suspend, suspending: suspend, restarting: restart };

  function isRequest(word: string): word is keyof typeof requests {
    return Object.hasOwn(requests, word);
  }
}

/** Sent as text: Fastify would not quote a bare string, and the API answers JSON. */
function answerWord(reply: FastifyReply, word: string): FastifyReply {
  return reply.header("Content-Type", "application/json; charset=utf-8").send(JSON.stringify(word));
}

function wordOf(text: string): string {
  const trimmed = text.trim();
  return trimmed.startsWith('"') && trimmed.endsWith('"') && trimmed.length > 1 ? trimmed.slice(1, -1) : trimmed;
}

function unknownWorkflow(name: string): HttpProblem {
  return new HttpProblem("not-found", `there is no workflow "${name}"`);
}
