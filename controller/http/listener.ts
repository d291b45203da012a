// How the API listens: time limits for whoever is slow, TLS, and what is said to those who speak no HTTP.
//
//   L1. A head that has not come within headMsMax, or a whole request within requestMsMax, is answered 408 and its connection closed.
//       So trickling byte by byte holds a connection for no longer than sending nothing.
//   L2. A connection on which nothing moves for stalledMsMax is closed; streams send a heartbeat more often than that.
//   L3. What is no HTTP, or could be read in two ways by two servers, is refused by the parser, which is strict; the connection is
//       closed, so that nothing behind it can be taken for a request.
import type { Socket } from "node:net";
import type { FastifyBaseLogger } from "fastify";
import { HttpProblem, type ProblemCode } from "./problem.ts";
import { asksForWebSocket } from "./websockets.ts";

const headMsMax = 10_000;
const requestMsMax = 30_000;
/** So much later than promised at most. */
const lookEveryMs = 2_000;
const keepAliveMs = 60_000;
/** Longer than any answer is waited for: a run by hand may be for five minutes. */
const stalledMsMax = 360_000;
const handshakeMsMax = 10_000;
const headBytesMax = 16_384;
/** Of those who speak no HTTP, so many are logged a minute; the others are counted in the next line. */
const loggedMax = 10;
const minuteMs = 60_000;

/** PEM texts. */
export type Tls = { readonly cert: string; readonly key: string };

export function listenerOptions(tls: Tls | null, log: FastifyBaseLogger) {
  const times = { headersTimeout: headMsMax, requestTimeout: requestMsMax, connectionsCheckingInterval: lookEveryMs };
  const http = {
    ...times,
    maxHeaderSize: headBytesMax,
    insecureHTTPParser: false,
    shouldUpgradeCallback: asksForWebSocket,
  };
  return {
    requestTimeout: requestMsMax,
    keepAliveTimeout: keepAliveMs,
    connectionTimeout: stalledMsMax,
    clientErrorHandler: answerNonsense(log),
    ...(tls === null
      ? { http }
      : { https: { ...http, ...tls, minVersion: "TLSv1.2" as const, handshakeTimeout: handshakeMsMax } }),
  };
}

const codes: Readonly<Record<string, ProblemCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "timeout",
  HPE_HEADER_OVERFLOW: "head-too-large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "too-large",
};

/** In words of our own: what came is shown to nobody. */
const says: Partial<Readonly<Record<ProblemCode, string>>> = {
  timeout: "the request did not come within its time",
  "head-too-large": `the head of the request is larger than ${headBytesMax} bytes`,
  "too-large": "the body is in too many pieces",
};

function answerNonsense(log: FastifyBaseLogger): (error: NodeJS.ErrnoException, socket: Socket) => void {
  let sinceMs = -Infinity;
  let logged = 0;
  let unlogged = 0;
  return (error, socket) => {
    const { code = "" } = error;
    if (code === "ECONNRESET" || socket.destroyed) return;
    const problem = codes[code] ?? "invalid";
    const { status, body } = new HttpProblem(
      problem,
      says[problem] ?? "this is no HTTP request that can be read in one way only",
    );
    note(code, socket.remoteAddress);
    if (!socket.writable) return void socket.destroy();
    const text = JSON.stringify(body);
    const head = `HTTP/1.1 ${status} ${body.title}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n`;
    socket.end(head + text, () => socket.destroy());
  };

  function note(code: string, from: string | undefined): void {
    const nowMs = performance.now();
    if (nowMs - sinceMs > minuteMs) [sinceMs, logged] = [nowMs, 0];
    if (logged >= loggedMax) return void (unlogged += 1);
    log.warn({ code, from, before: unlogged }, "a request was refused that is no HTTP, or came too slowly");
    logged += 1;
    unlogged = 0;
  }
}
