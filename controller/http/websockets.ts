// WebSockets at routes that otherwise answer over HTTP.
//
//   W1. A handshake passes the router and all of its hooks like any request: who may not call is refused as over HTTP, and at a route
//       that knows no WebSockets it is answered as if none had been asked for.
//   W2. Clients have nothing to say here: a message ends the connection, and a large one is not even read.
//   W3. A reader that is too slow is cut off with a code and a reason; one that answers no ping within heartbeatMs is gone.
//   W4. When the controller stops, every connection ends with code 1001.
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type WebSocket, WebSocketServer } from "ws";
import { createOutlet } from "./outlet.ts";
import { heartbeatMs } from "./sse.ts";
import { closeFrame } from "./websocket-frame.ts";

const messageBytesMax = 1_024;
const closeWaitMs = 1_000;

/** RFC 6455, section 7.4.1. */
const codes = { over: 1000, stopping: 1001, unexpected: 1003, tooSlow: 1008, unavailable: 1013 } as const;

export type Socket = {
  /** Made by `textFrame`; it may go to any number of sockets. */
  sendFrame(frame: Buffer): void;
  room(): Promise<void> | null;
  end(why: "over" | "unavailable"): void;
};

export type WebSockets = {
  isAsked(request: FastifyRequest): boolean;
  /** `opened` returns what is called when the connection has ended. A handshake that is not well-formed is refused. */
  accept(call: { request: FastifyRequest; reply: FastifyReply }, opened: (socket: Socket) => () => void): void;
};

/** Only these requests leave HTTP; any other upgrade that a client offers is none. */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

type Handshake = { readonly socket: Duplex; readonly head: Buffer; readonly response: ServerResponse };

export function createWebSockets(app: FastifyInstance): WebSockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: messageBytesMax, perMessageDeflate: false });
  const handshakes = new WeakMap<IncomingMessage, Handshake>();

  app.server.on("upgrade", (request, socket, head) => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Parameters<typeof response.assignSocket>[0]);
    // A handshake that is refused ends with its answer.
    response.once("finish", () => socket.end());
    socket.on("error", () => {});
    handshakes.set(request, { socket, head, response });
    app.routing(request, response);
  });
  app.addHook("preClose", async () => {
    for (const client of server.clients) {
      client.close(codes.stopping, "the controller is stopping");
      setTimeout(() => client.terminate(), closeWaitMs).unref();
    }
  });

  return {
    isAsked: (request) => handshakes.has(request.raw),
    accept({ request, reply }, opened) {
      const handshake = handshakes.get(request.raw);
      if (!handshake) return;
      const { socket, head, response } = handshake;
      reply.hijack();
      response.detachSocket(socket as Parameters<typeof response.detachSocket>[0]);
      server.handleUpgrade(request.raw, socket, head, (client) => open(client, socket, opened));
    },
  };
}

function open(client: WebSocket, out: Duplex, opened: (socket: Socket) => () => void): void {
  let isAnswering = true;
  const heartbeat = setInterval(() => {
    if (!isAnswering) return client.terminate();
    isAnswering = false;
    client.ping();
  }, heartbeatMs);
  // What is wrong with the connection is followed by its close.
  client.on("error", () => {});
  client.on("pong", () => (isAnswering = true));
  client.on("message", () => client.close(codes.unexpected, "this stream takes no messages"));
  const outlet = createOutlet(out, {
    cutOff: (reason) => closeFrame(codes.tooSlow, reason),
    onEnd() {
      clearInterval(heartbeat);
      ended();
    },
  });
  const ended = opened({
    sendFrame(frame) {
      if (client.readyState === client.OPEN) outlet.send(frame);
    },
    room: () => outlet.room(),
    end: (why) => outlet.end(closeFrame(codes[why], why)),
  });
}
