// Events of user code: checked here, stored in the stream, and only then answered with 201. The controller takes no part.
//
//   E1. 201 means stored (invariant I1). Any other answer of this file means: not known to be stored, send it again.
//   E2. While NATS is away a request is held and its event repeated under one message id; nothing is stored twice.
//   E3. The same Idempotency-Key gives the same event id, and so does the same source and id of a CloudEvent: a client's own
//       repetition within the stream's duplicate window is stored once as well.
//   E4. The event is stored without the workflow's secrets, and so the answer shows it.
//   E5. One event in JSON, or a CloudEvent, is taken. What is left to the controller is not read any further.
import { createHash, randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Assignment, RunOrigin } from "../bus/assignment.ts";
import { eventSubject } from "../bus/subjects.ts";
import { toCloudEvent } from "../model/cloud-event.ts";
import { cloudEventHeaders, isBinaryCloudEvent } from "../model/cloud-event-headers.ts";
import { cloudEventForReaders } from "../model/cloud-event-output.ts";
import type { Event } from "../model/event.ts";
import { type Mask, noMask } from "../model/mask.ts";
import { cloudEventBatchType, cloudEventType, mediaTypeOf, ndjsonTypes } from "../model/media-types.ts";
import type { Parsed } from "../model/problem.ts";
import {
  type Sender,
  type SentEvent,
  parseSentBinaryEvent,
  parseSentCloudEvent,
  parseSentEvent,
} from "../model/sent-event.ts";
import { readSentJson } from "../model/sent-json.ts";
import { readUtf8 } from "../model/utf8.ts";
import { type Answer, json, problem, unavailable } from "./answer.ts";
import type { Connection } from "./connection.ts";
import { deliver } from "./delivery.ts";
import type { Status } from "./status.ts";

/** An event is one message; the stream refuses larger ones, and its headers need room too. */
const messageBytesMax = 990_000;
const idempotencyKeyCharsMax = 255;

export type Submission = {
  readonly headers: IncomingHttpHeaders;
  /** The same as they came, names and values in turns. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
  /** The run that sends it, when one is under way here or was. */
  readonly origin: RunOrigin | null;
  /** How long the request may still be held. */
  readonly holdMs: number;
};

/** Null: it is no single event, or in YAML, and for the controller. */
export type EventIntake = { accept(submission: Submission): Promise<Answer | null> };

export function createEventIntake(
  connection: Connection,
  { workflow }: Assignment,
  status: Status,
  mask: Mask = noMask,
): EventIntake {
  const sender: Sender = { workflow, now: () => new Date() };
  return {
    async accept({ headers, rawHeaders, body, origin, holdMs }) {
      const key = headers["idempotency-key"];
      if (typeof key === "string" && key.length > idempotencyKeyCharsMax)
        return problem(400, `Idempotency-Key: expected at most ${idempotencyKeyCharsMax} characters`);
      const sent = eventIn(headers, rawHeaders, body, sender);
      if (sent === null) return null;
      if (!sent.ok) return problem(400, "this is not an event", sent.problems);

      const { id = typeof key === "string" ? idOf(workflow, key) : randomUUID(), ...fields } = mask.value(sent.value);
      const event: Event = { id, ...fields, ...origin };
      const payload = toCloudEvent(event, workflow);
      if (Buffer.byteLength(payload) > messageBytesMax) {
        return problem(413, `this event does not fit into one message of ${messageBytesMax} bytes`);
      }
      const delivery = await deliver(connection, { subject: eventSubject(workflow, event.type), payload, id }, holdMs);
      if (delivery.kind === "stored") return answerWith(event, headers.accept);
      status.countEventsLost(1);
      return unavailable(`the event could not be stored: ${delivery.reason}`);
    },
  };
}

function answerWith(event: Event, accept = ""): Answer {
  return accept.includes(cloudEventType) ? json(201, cloudEventForReaders(event), cloudEventType) : json(201, event);
}

/** Null: it is for the controller. */
function eventIn(
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  body: Uint8Array,
  sender: Sender,
): Parsed<SentEvent> | null {
  const type = mediaTypeOf(headers["content-type"]);
  if (type !== cloudEventType) {
    if (type === cloudEventBatchType) return null;
    if (isBinaryCloudEvent(headers)) return parseSentBinaryEvent(cloudEventHeaders(rawHeaders), body, sender);
    if (ndjsonTypes.has(type) || type.includes("yaml")) return null;
  }
  const raw = jsonIn(body);
  if (!raw.ok) return raw;
  if (type === cloudEventType) return parseSentCloudEvent(raw.value, sender);
  return Array.isArray(raw.value) ? null : parseSentEvent(raw.value, sender);
}

function jsonIn(body: Uint8Array): Parsed<unknown> {
  const text = readUtf8(body, "body");
  return text.ok ? readSentJson(text.value) : text;
}

/** The id of an event that its sender named; the same for every repetition, and another one for every workflow. */
function idOf(workflow: string, key: string): string {
  return createHash("sha256").update(`${workflow}\0${key}`).digest("hex").slice(0, 32);
}
