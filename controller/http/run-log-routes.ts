// The output of one run: its last lines, and what follows until the run is over.
//
//   L1. A stream ends with the event `over`, whose data is the run's state. Agents store the last lines of a run a moment after its
//       end, so they are waited for as long as lastLinesMs.
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { refuseStreamToWorkflow } from "./door.ts";
import { Type } from "./json-schema.ts";
import { lineCount, linesQuery, sendLines } from "./log-routes.ts";
import type { HttpParts } from "./parts.ts";
import { parameter } from "./query.ts";
import { type RunEnd, followEnd } from "./run-end.ts";
import { runOf } from "./run-routes.ts";
import { IdParameter } from "./run-schemas.ts";
import { LogLineSchema, refusals } from "./schemas.ts";
import { type SseStream, lastEventId, openSse } from "./sse.ts";

const lastLinesMs = 1_000;
/** As long as a timer can be set; a client that is still there then connects again. */
const followMsMax = 2_147_483_647;

type WithId = { Params: { id: string } };

const schema = {
  tags: ["runs"],
  summary: "The last lines that a run wrote; follow=true keeps sending until it is over (server-sent events)",
  params: IdParameter,
  querystring: Type.Object({ ...linesQuery, follow: Type.Optional(Type.Boolean()) }),
  response: { 200: Type.Array(LogLineSchema), ...refusals },
};

export function runLogRoutes(app: FastifyInstance, parts: HttpParts): void {
  app.get<WithId>("/api/v1/runs/:id/logs", { schema }, async (request, reply) => {
    const run = await runOf(request, parts);
    const after = lastEventId(request);
    const source = { workflow: run.workflow, run: run.id };
    const past = after === null ? await parts.logs.last(source, lineCount(request)) : { lines: [], sequence: after };
    if (parameter(request, "follow") !== "true") return past.lines;
    refuseStreamToWorkflow(request);
    const end = followEnd(run.id, parts);
    const gone = new AbortController();
    const stream = openSse(reply, { onEnd: () => gone.abort() });
    sendLines(stream, past.lines, past.sequence);
    const tail = parts.logs.follow(source, past.sequence, (lines, sequence) => sendLines(stream, lines, sequence));
    gone.signal.addEventListener("abort", () => tail.stop());
    void endWith(stream, { end, gone: gone.signal, now: parts.now });
    return reply;
  });
}

/** Ends the stream with the run. When the end cannot be learnt, the stream just ends: its reader connects again. */
async function endWith(
  stream: SseStream,
  { end, gone, now }: { end: RunEnd; gone: AbortSignal; now: () => Date },
): Promise<void> {
  try {
    const over = await end.within(followMsMax, gone);
    if (over === null) return;
    const waitedMs = now().getTime() - Date.parse(over.finishedAt ?? "1970-01-01");
    await sleep(Math.max(0, lastLinesMs - Math.max(0, waitedMs)), undefined, { signal: gone });
    stream.send({ id: null, event: "over", data: JSON.stringify(over.state) });
  } catch {
    // The reader has gone, or the history cannot be asked now.
  } finally {
    end[Symbol.dispose]();
    stream.end();
  }
}
