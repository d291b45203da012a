// API calls of user code that the controller answers: sent over NATS under the workflow's own identity, which the server
// proves by the subject. User code needs no token and no address, and a credential it sends by itself goes nowhere.
import { errors } from "@nats-io/nats-core";
import type { IncomingHttpHeaders } from "node:http";
import type { ForwardedRequest, ForwardedResponse, RunOrigin } from "../bus/assignment.ts";
import { apiSubject } from "../bus/subjects.ts";
import { type Answer, problem, unavailable } from "./answer.ts";
import type { Connection } from "./connection.ts";
import { reasonOf } from "./log.ts";

const answerWaitMs = 10_000;
/** What the API makes use of. Everything else is about the connection to this gateway, or nobody's business. */
const forwardedHeaders: ReadonlySet<string> = new Set([
  "accept",
  "content-type",
  "idempotency-key",
  "if-match",
  "if-none-match",
  "user-agent",
]);
/** The attributes of a CloudEvent in binary mode. */
const cloudEventPrefix = "ce-";
/** Set anew for this connection from the body that is really sent. */
const connectionHeaders = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
  "content-encoding",
  "date",
]);

export type Call = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The run that user code is in, where that says whose events the call brings. */
  readonly origin: RunOrigin | null;
};

/** Always an answer: the controller's, or a problem that says why there is none. */
export async function forward(connection: Connection, workflow: string, call: Call): Promise<Answer> {
  if (!connection.online) return unavailable("NATS is away, and with it the controller that answers this request");
  const payload = JSON.stringify(forwardedRequest(call));
  const payloadBytesMax = connection.nc.info?.max_payload ?? Number.POSITIVE_INFINITY;
  if (Buffer.byteLength(payload) > payloadBytesMax) {
    return problem(413, `this request does not fit into one message of ${payloadBytesMax} bytes`);
  }
  try {
    const reply = await connection.nc.request(apiSubject(workflow), payload, { timeout: answerWaitMs });
    const { status, headers, body } = reply.json<ForwardedResponse>();
    const kept = Object.entries(headers).filter(([name]) => !connectionHeaders.has(name.toLowerCase()));
    return { status, headers: Object.fromEntries(kept), body };
  } catch (error) {
    if (error instanceof errors.TimeoutError)
      return problem(504, `the controller did not answer within ${answerWaitMs} ms`);
    return unavailable(`no controller answers this request: ${reasonOf(error)}`);
  }
}

function forwardedRequest({ method, url, headers, body, origin }: Call): ForwardedRequest {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string" && (forwardedHeaders.has(name) || name.startsWith(cloudEventPrefix)))
      kept[name] = value;
  }
  return { method, url, headers: kept, body, ...(origin !== null && { run: origin }) };
}
