// API calls of user code that an agent forwards over NATS, answered by this controller's own HTTP app.
//
//   F1. The workflow is the one in the subject, which the server has checked; the request's own claims are not believed.
//   F2. An answer goes only to the inbox of that workflow: a reply subject elsewhere would let its code publish as the controller.
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import type { FastifyInstance } from "fastify";
import type { ForwardedRequest, ForwardedResponse } from "../../bus/assignment.ts";
import { allApi, inboxPrefix, ownerOf } from "../../bus/subjects.ts";
import { forwardedBy } from "./identity.ts";

/** Room for the frame of an answer within one NATS message. */
const answerBytesMax = 900_000;
const inFlightMax = 256;
/** The agent gives up at about the same time. */
const answerMsMax = 10_000;
/** Headers of user code that mean something to the API; no other is passed on. */
const passedHeaders = ["accept", "content-type", "idempotency-key"];

export function answerForwarded(nc: NatsConnection, app: FastifyInstance): Subscription {
  let inFlight = 0;
  return nc.subscribe(allApi(), {
    queue: "controllers",
    callback: (error, msg) => {
      if (error || !msg.reply?.startsWith(`${inboxPrefix(ownerOf(msg.subject))}.`)) return;
      if (inFlight >= inFlightMax)
        return void msg.respond(JSON.stringify(refusal(503, `${inFlightMax} forwarded calls are under way already`)));
      inFlight++;
      void answer(app, msg)
        .then((response) => msg.respond(sized(response)))
        .catch(() => msg.respond(JSON.stringify(refusal(500, "the answer could not be sent"))))
        .finally(() => inFlight--);
    },
  });
}

async function answer(app: FastifyInstance, msg: Msg): Promise<ForwardedResponse> {
  try {
    const request = msg.json<ForwardedRequest>();
    const headers = Object.fromEntries(
      passedHeaders.flatMap((name) => (request.headers[name] ? [[name, request.headers[name]]] : [])),
    );
    const response = await withinTime(
      app.inject({
        method: request.method,
        url: request.url,
        headers: { ...headers, ...forwardedBy(ownerOf(msg.subject)) },
        ...(request.body === "" ? {} : { payload: request.body }),
      }),
    );
    return { status: response.statusCode, headers: textHeaders(response.headers), body: response.body };
  } catch (error) {
    return refusal(400, `the forwarded call cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The frame is JSON around JSON: what counts is how large it is when it is sent. */
function sized(response: ForwardedResponse): string {
  const text = JSON.stringify(response);
  if (Buffer.byteLength(text) <= answerBytesMax) return text;
  return JSON.stringify(refusal(413, `the answer is larger than ${answerBytesMax} bytes; ask for smaller pages`));
}

async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${answerMsMax} ms`)), answerMsMax);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function refusal(status: number, detail: string): ForwardedResponse {
  const body = JSON.stringify({ type: "about:blank", title: "Refused", status, detail });
  return { status, headers: { "content-type": "application/problem+json" }, body };
}

function textHeaders(
  headers: Readonly<Record<string, number | string | string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
