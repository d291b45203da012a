// The output of a workflow's code: its last lines, and what follows.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "./json-schema.ts";
import type { LogView } from "../runs/logs.ts";
import { refuseStreamToWorkflow } from "./door.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";
import { parameter } from "./query.ts";
import { LogLineSchema, NameParameter, refusals } from "./schemas.ts";
import { type SseStream, lastEventId, openSse } from "./sse.ts";

const linesDefault = 100;
const linesMax = 10_000;
export const linesQuery = { lines: Type.Optional(Type.Integer({ minimum: 0, maximum: linesMax })) };

export function logRoutes(app: FastifyInstance, parts: HttpParts): void {
  const schema = {
    tags: ["workflows"],
    summary: "The last lines that a workflow's code wrote; follow=true keeps sending (server-sent events)",
    params: NameParameter,
    querystring: Type.Object({ ...linesQuery, follow: Type.Optional(Type.Boolean()) }),
    response: { 200: Type.Array(LogLineSchema), ...refusals },
  };
  app.get<{ Params: { name: string } }>("/api/v1/workflows/:name/logs", { schema }, async (request, reply) => {
    const { name } = request.params;
    const after = lastEventId(request);
    const past =
      after === null
        ? await parts.logs.last({ workflow: name, run: null }, lineCount(request))
        : { lines: [], sequence: after };
    if (past.lines.length === 0 && !parts.artifacts.workflows.get(name)) {
      throw new HttpProblem("not-found", `there is no workflow "${name}"`);
    }
    if (parameter(request, "follow") !== "true") return past.lines;
    refuseStreamToWorkflow(request);
    const stream = openSse(reply, { onEnd: () => tail.stop() });
    sendLines(stream, past.lines, past.sequence);
    const source = { workflow: name, run: null };
    const tail = parts.logs.follow(source, past.sequence, (lines, sequence) => sendLines(stream, lines, sequence));
    return reply;
  });
}

/** Lines come in batches, and a reader resumes after a whole batch: only its last line has the id. */
export function sendLines(stream: SseStream, lines: readonly LogView[], sequence: number): void {
  for (const line of lines) stream.send({ id: null, event: "log", data: JSON.stringify(line) });
  stream.position(String(sequence));
}

/** The `lines` parameter. Throws HttpProblem 400. */
export function lineCount(request: FastifyRequest): number {
  const text = parameter(request, "lines");
  if (text === null) return linesDefault;
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= linesMax) return count;
  throw new HttpProblem(
    "invalid",
    `lines: expected a whole number from 0 to ${linesMax}, got "${text.slice(0, 40)}"; write lines=${linesDefault}`,
  );
}
