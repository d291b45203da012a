// The event stream: the past from a moment, an event or a place on, then what happens. As server-sent events (an event's name is its
// type, its data the event, its id the stream sequence) or over WebSocket (one document `{id, event}` a message).
import type { FastifyInstance, FastifyReply } from "fastify";
import { tailersMax } from "../events/live.ts";
import { onceForAll } from "../events/live-event.ts";
import { periodHeaders } from "./beginning.ts";
import { filterParameters } from "./event-filter.ts";
import { type TailRequest, type TailSink, startTail, tailRequestOf } from "./event-tail.ts";
import { refuseStreamToWorkflow } from "./door.ts";
import { Type } from "./json-schema.ts";
import { refuseUnknownParameters } from "./known-parameters.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";
import { refusals } from "./schemas.ts";
import { openSse, sseFrame } from "./sse.ts";
import { textFrame } from "./websocket-frame.ts";
import { type WebSockets, createWebSockets } from "./websockets.ts";

export const periodParameters = {
  since: Type.Optional(
    Type.String({
      description: "a moment (ISO 8601, or how long ago, such as 1h), or the id of the event behind which to begin",
    }),
  ),
  until: Type.Optional(
    Type.String({ description: "ends the stream (event `over`) when all up to this moment was sent" }),
  ),
};

/** What bounds a query for stored events is called otherwise there, too. */
export const periodOthers = { gt: "since", gte: "since", lt: "until", lte: "until" };

const known = {
  ...filterParameters,
  ...periodParameters,
  last_event_id: Type.Optional(Type.String({ description: "as the header Last-Event-ID: resumes without a gap" })),
};
const schema = {
  tags: ["events"],
  summary: "Follow events through time: the past, then what happens (server-sent events, or WebSocket)",
  querystring: Type.Object(known),
  produces: ["text/event-stream"],
  response: refusals,
};

export function streamRoutes(app: FastifyInstance, parts: HttpParts): void {
  const webSockets = createWebSockets(app);
  let tailers = 0;
  app.get("/api/v1/events/stream", { schema, exposeHeadRoute: false }, async (request, reply) => {
    refuseStreamToWorkflow(request);
    refuseUnknownParameters(request, { known, others: periodOthers });
    const asked = await tailRequestOf(request, parts);
    if (tailers >= tailersMax)
      throw new HttpProblem(
        "unavailable",
        `${tailersMax} tailers follow the stream already; try again when one has ended`,
      );
    const start: Start = (sink) => {
      const stop = startTail(sink, asked, parts);
      tailers += 1;
      return () => {
        tailers -= 1;
        stop();
      };
    };
    if (webSockets.isAsked(request)) tailWebSocket(webSockets, { request, reply }, start);
    else tailSse(reply, asked, start, parts);
    return reply;
  });
}

/** Returns what ends it, to be called once. */
type Start = (sink: TailSink) => () => void;

const sseEvent = onceForAll(({ seq, event }) =>
  sseFrame({ id: String(seq), event: event.type, data: JSON.stringify(event) }),
);
const webSocketEvent = onceForAll(({ seq, event }) => textFrame(JSON.stringify({ id: String(seq), event })));

function tailSse(reply: FastifyReply, asked: TailRequest, start: Start, { live }: HttpParts): void {
  let joinedAt: number | null = null;
  const stream = openSse(reply, {
    onEnd: () => stop(),
    headers: periodHeaders(asked),
    positionNow: () => (joinedAt === null ? null : String(Math.max(joinedAt, live.lastSequence))),
  });
  const sink: TailSink = {
    event: (one) => stream.sendFrame(sseEvent(one)),
    position(sequence) {
      joinedAt = sequence;
      stream.position(String(sequence));
    },
    room: () => stream.room(),
    over(moment) {
      stream.send({ id: null, event: "over", data: JSON.stringify({ until: moment }) });
      stream.end();
    },
    fail: () => stream.end(),
  };
  const stop = start(sink);
}

function tailWebSocket(webSockets: WebSockets, call: Parameters<WebSockets["accept"]>[0], start: Start): void {
  webSockets.accept(call, (socket) =>
    start({
      event: (one) => socket.sendFrame(webSocketEvent(one)),
      position: () => {},
      room: () => socket.room(),
      over: () => socket.end("over"),
      fail: () => socket.end("unavailable"),
    }),
  );
}
