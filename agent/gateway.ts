// What user code knows as VAMP_URL: HTTP on loopback inside the container.
//
//   G1. `POST [/<namespace>]/api/v1/events` with one event in JSON goes straight to the stream. Everything else goes to the
//       controller: batches, too, which only it can store whole, and all events of a test of a breed.
//   G2. What is held at once is bounded by count and bytes. A request that does not fit waits unread; no request is held
//       longer than holdMax, then it is told to come again. More connections than connectionsMax are closed by Node at once.
//   G3. What is stored and forwarded has none of the workflow's secrets in it.
//   G4. Every request gets one answer, whatever fails; user code never learns of NATS, a token or an address.
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { Assignment } from "../bus/assignment.ts";
import { type Mask, noMask } from "../model/mask.ts";
import { readUtf8 } from "../model/utf8.ts";
import { type Answer, problem, unavailable } from "./answer.ts";
import { announcedBytes, readBody } from "./body.ts";
import { createBudget } from "./budget.ts";
import type { Connection } from "./connection.ts";
import { createEventIntake } from "./event-intake.ts";
import { forward } from "./forward.ts";
import { log, reasonOf } from "./log.ts";
import { maskedCall } from "./masked-call.ts";
import { originOf } from "./run-origin.ts";
import type { Status } from "./status.ts";

const host = "127.0.0.1";
const bodyBytesMax = 1024 * 1024;
const heldRequestsMax = 1_000;
const heldBytesMax = 8 * 1024 * 1024;
const holdMaxMs = 60_000;
const connectionsMax = 2_048;
/** A body may wait for room before it is read, so a request may take longer than it is held. */
const receiveMaxMs = holdMaxMs + 30_000;
const idleConnectionMs = 30_000;

const eventsPath = /^(?:\/[^/]+)?\/api\/v1\/events\/?$/;
const streamPath = /^(?:\/[^/]+)?\/api\/v1\/events\/stream\/?$/;

export type Gateway = {
  readonly url: string;
  /** Ends every connection. Answers that are still owed to user code are not waited for: it has ended before. */
  stop(): Promise<void>;
};

/** What user code sends is masked: its events are stored and its calls forwarded without the values that `mask` hides. */
export async function startGateway(
  connection: Connection,
  assignment: Assignment,
  status: Status,
  mask: Mask = noMask,
): Promise<Gateway> {
  const isTest = assignment.work.kind === "test";
  const budget = createBudget({ countMax: heldRequestsMax, bytesMax: heldBytesMax });
  const intake = createEventIntake(connection, assignment, status, mask);

  const server = createServer(
    { requestTimeout: receiveMaxMs, keepAliveTimeout: idleConnectionMs },
    (request, response) => {
      answer(request)
        .catch((error: unknown) => {
          log.error("the gateway failed on a request", { reason: reasonOf(error) });
          return problem(500, "the gateway failed on this request");
        })
        .then((given) => given && send(response, given))
        .catch((error: unknown) => log.error("an answer could not be written", { reason: reasonOf(error) }));
    },
  );
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(assignment.gatewayPort, host, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : assignment.gatewayPort;

  return {
    url: `http://${host}:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  /** Null when nobody waits for an answer any more. */
  async function answer(request: IncomingMessage): Promise<Answer | null> {
    const arrivedMs = Date.now();
    const method = request.method ?? "GET";
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    if (streamPath.test(path)) {
      return problem(501, "events are not streamed to workflows; read GET /api/v1/events page by page instead");
    }
    const bringsEvents = method === "POST" && eventsPath.test(path);
    const release = await budget.acquire(announcedBytes(request, bodyBytesMax), holdMaxMs);
    if (release === null) {
      if (bringsEvents) status.countEventsLost(1);
      return unavailable(`more than ${heldRequestsMax} requests or ${heldBytesMax} bytes wait here already`);
    }
    try {
      const body = await readBody(request, bodyBytesMax);
      if (body.kind === "aborted") return null;
      if (body.kind === "too-large") return problem(413, `a body may have ${bodyBytesMax} bytes at most`);
      const { headers, rawHeaders, url = "/" } = request;
      const origin = bringsEvents ? originOf(headers, status) : null;
      if (bringsEvents && !isTest) {
        const holdMs = Math.max(0, arrivedMs + holdMaxMs - Date.now());
        const taken = await intake.accept({ headers, rawHeaders, body: body.bytes, origin, holdMs });
        if (taken !== null) return taken;
      }
      const text = readUtf8(body.bytes, "body");
      if (!text.ok) return problem(400, "the body is no text", text.problems);
      const call = maskedCall({ method, url, headers, body: text.value, origin }, mask);
      return await forward(connection, assignment.workflow, call);
    } finally {
      release();
    }
  }
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.destroyed) return;
  // A request whose body was not read to its end leaves the connection in the middle of that body.
  const ending = response.req.complete ? {} : { connection: "close" };
  const length = status === 204 || status === 304 ? {} : { "content-length": String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...headers, ...ending, ...length });
  response.end(body);
}
