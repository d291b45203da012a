// The live event stream as server-sent events: the event's name is its type, its data the event, its id the stream sequence.
import type { FastifyInstance } from "fastify";
import { type Tailer, tailersMax } from "../events/live.ts";
import { eventFilterOf } from "./event-filter.ts";
import { refuseStreamToWorkflow } from "./identity.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";
import { EventQueryParameters, refusals } from "./schemas.ts";
import { lastEventId, openSse } from "./sse.ts";

export function streamRoutes(app: FastifyInstance, parts: HttpParts): void {
  const schema = {
    tags: ["events"],
    summary: "Follow events as they happen (server-sent events); Last-Event-ID resumes without a gap",
    querystring: EventQueryParameters,
    produces: ["text/event-stream"],
    response: refusals,
  };
  app.get("/api/v1/events/stream", { schema }, async (request, reply) => {
    refuseStreamToWorkflow(request);
    const filter = eventFilterOf(request);
    const after = lastEventId(request);
    if (parts.live.tailers >= tailersMax) {
      throw new HttpProblem("unavailable", `${tailersMax} tailers follow the stream already`);
    }
    const stream = openSse(reply, () => tail.stop());
    const tailer: Tailer = {
      filter,
      push: ({ seq, event }) => stream.send({ id: String(seq), event: event.type, data: JSON.stringify(event) }),
      failed: () => stream.end(),
    };
    const tail = parts.live.tail(tailer, after);
    if (after === null) stream.position(String(parts.live.lastSequence));
    return reply;
  });
}
