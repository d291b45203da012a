// API calls of user code that an agent forwards over NATS, answered by this controller's own HTTP app.
//
//   F1. The workflow is the one in the subject, which the server has checked; the request's own claims are not believed. Of the run
//       that sends it the agent is believed, as it is where it stores events itself.
//   F2. An answer goes only to the inbox of that workflow: a reply subject elsewhere would let its code publish as the controller.
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import type { FastifyInstance } from "fastify";
import type { ForwardedRequest, ForwardedResponse, RunOrigin } from "../../bus/assignment.ts";
import { allApi, apiSubject, inboxPrefix, ownerOf } from "../../bus/subjects.ts";
import { isObject } from "../../model/reader.ts";
import { forwardedBy } from "./identity.ts";

/** Room for the frame of an answer within one NATS message. */
const answerBytesMax = 900_000;
const inFlightMax = 256;
/** The agent gives up at about the same time. */
const answerMsMax = 10_000;
const idCharsMax = 256;
/** Headers of user code that mean something to the API; no other is passed on, but those of a CloudEvent. */
const passedHeaders: ReadonlySet<string> = new Set(["accept", "content-type", "idempotency-key"]);

/** Of all workflows; of several controllers one answers. */
export function answerForwarded(nc: NatsConnection, app: FastifyInstance): Subscription {
  return answerCalls(nc, app, { subject: allApi(), queue: "controllers" });
}

/** Of a test that this controller has begun. */
export function answerTest(nc: NatsConnection, app: FastifyInstance, owner: string): Subscription {
  return answerCalls(nc, app, { subject: apiSubject(owner) });
}

type Heard = { readonly subject: string; readonly queue?: string };

function answerCalls(nc: NatsConnection, app: FastifyInstance, { subject, ...options }: Heard): Subscription {
  let inFlight = 0;
  return nc.subscribe(subject, {
    ...options,
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
      Object.entries(request.headers).filter(([name]) => passedHeaders.has(name) || name.startsWith("ce-")),
    );
    const response = await withinTime(
      app.inject({
        method: request.method,
        url: request.url,
        headers: { ...headers, ...forwardedBy(ownerOf(msg.subject), originIn(request.run)) },
        ...(request.body === "" ? {} : { payload: request.body }),
      }),
    );
    return { status: response.statusCode, headers: textHeaders(response.headers), body: response.body };
  } catch (error) {
    return refusal(400, `the forwarded call cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Whatever an agent wrote there; null when it is none. */
function originIn(sent: unknown): RunOrigin | null {
  if (!isObject(sent) || !isId(sent["run"])) return null;
  const { run, cause, hops } = sent;
  return {
    run,
    ...(isId(cause) && { cause }),
    ...(typeof hops === "number" && Number.isSafeInteger(hops) && hops >= 0 && { hops }),
  };
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= idCharsMax;
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
