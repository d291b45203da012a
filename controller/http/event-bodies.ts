// What the body of `POST /api/v1/events` holds: one event, or a batch as a JSON list or as lines of JSON (ndjson); each in Drover's
// own shape or as a CloudEvent. A CloudEvent may also come in binary mode, as headers and data.
//
//   B1. A batch is right as a whole or refused: the answer names every event that is wrong, up to problemsShownMax problems.
//   B2. JSON takes the short way, because this is the path of every event (sent-json.ts).
//   B3. The events of a batch are read while somebody takes them, so that they need not all live at once.
//   B4. What a CloudEvent says of its identity counts, and an Idempotency-Key beside it does not.
//   B5. Under a key a batch is known by its bytes: another batch under the same key is another one, and stored whole.
import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { RunOrigin } from "../../bus/assignment.ts";
import { cloudEventHeaders, isBinaryCloudEvent } from "../../model/cloud-event-headers.ts";
import { eventsInBatchMax } from "../../model/event-limits.ts";
import { cloudEventBatchType, cloudEventType, ndjsonType, ndjsonTypes } from "../../model/media-types.ts";
import { type Parsed, type Problem, refused } from "../../model/problem.ts";
import {
  type Sender,
  type SentEvent,
  parseSentBinaryEvent,
  parseSentCloudEvent,
  parseSentEvent,
  sourceOf,
} from "../../model/sent-event.ts";
import { readSentJson } from "../../model/sent-json.ts";
import type { EventToAppend } from "../events/append.ts";
import { eventIdOf } from "../events/event-id.ts";
import { bodyOf, documentsOf } from "./body.ts";
import { idempotencyKeyOf } from "./idempotency.ts";
import { HttpProblem, invalid } from "./problem.ts";

const typesRead = `application/json, application/x-yaml, ${ndjsonType}, ${cloudEventType} or ${cloudEventBatchType}`;
/** A text with more of them is of another kind than its sender believes. */
const problemsShownMax = 100;

export type EventsSent =
  /** `isKeyed`: its id is that of its Idempotency-Key. */
  | { readonly kind: "one"; readonly event: EventToAppend; readonly isKeyed: boolean }
  /** The iteration throws HttpProblem at its end when an event is wrong. */
  | { readonly kind: "batch"; readonly events: Iterable<EventToAppend> };

/** `origin`: the run that sends, when one does. `token`: whose Idempotency-Keys are its own, and no other caller's. */
export type SenderHere = Sender & { readonly origin: RunOrigin | null; readonly token?: string };
type Read = (sender: Sender) => Parsed<SentEvent>;

/** Throws HttpProblem that names everything that is wrong. */
export function eventsIn(request: FastifyRequest, sender: SenderHere): EventsSent {
  const key = idempotencyKeyOf(request);
  const keyOwner = [sourceOf(sender), ...(sender.token === undefined ? [] : [sender.token])];
  const given = givenIn(request);
  const batch = key !== null && given.kind === "batch" ? digestOf(bodyOf(request).bytes) : "";
  if (given.kind === "batch") return { kind: "batch", events: eventsOf(given.reads, given.mayBeEmpty) };
  const sent = given.read(sender);
  if (!sent.ok) throw invalid(sent.problems);
  return { kind: "one", event: toAppend(sent.value, null), isKeyed: key !== null && sent.value.id === undefined };

  function toAppend(event: SentEvent, place: number | null): EventToAppend {
    const { origin } = sender;
    if (key === null || event.id !== undefined) return origin === null ? event : { ...event, ...origin };
    // As JSON, so that no key can be made up that means another sender's, or a place in another batch.
    const id = eventIdOf(JSON.stringify([...keyOwner, key, ...(place === null ? [] : [batch, place])]));
    return { ...event, ...origin, id };
  }

  function* eventsOf(reads: Iterable<Read>, mayBeEmpty: boolean): Generator<EventToAppend> {
    const moment = sender.now();
    const atOnce: Sender = { workflow: sender.workflow, now: () => moment };
    const problems: Problem[] = [];
    let count = 0;
    for (const read of reads) {
      if (++count > eventsInBatchMax)
        throw new HttpProblem("too-large", `more than ${eventsInBatchMax} events in one request; send them in parts`);
      const event = read(atOnce);
      if (!event.ok) problems.push(...event.problems);
      else if (problems.length === 0) yield toAppend(event.value, count);
      if (problems.length >= problemsShownMax) break;
    }
    if (problems.length > 0) throw invalid(problems);
    if (count === 0 && !mayBeEmpty) throw invalid([noEvent]);
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const noEvent: Problem = {
  path: "body",
  expected: "at least one event: an object with tags",
  got: "none",
  fix: 'send one such as {"tags": ["hello"]}',
};

type Given =
  | { readonly kind: "one"; readonly read: Read }
  | { readonly kind: "batch"; readonly reads: Iterable<Read>; readonly mayBeEmpty: boolean };

function givenIn(request: FastifyRequest): Given {
  const body = bodyOf(request);
  const { contentType } = body;
  if (contentType === cloudEventType) {
    const value = jsonIn(body.text);
    return { kind: "one", read: (sender) => parseSentCloudEvent(value, sender) };
  }
  if (contentType === cloudEventBatchType) return batchOf(jsonIn(body.text));
  if (isBinaryCloudEvent(request.headers)) {
    const headers = cloudEventHeaders(request.raw.rawHeaders);
    return { kind: "one", read: (sender) => parseSentBinaryEvent(headers, body.bytes, sender) };
  }
  if (ndjsonTypes.has(contentType)) return { kind: "batch", reads: linesOf(body.text), mayBeEmpty: false };
  const value = body.format === "json" ? jsonIn(body.text) : yamlIn(request);
  if (Array.isArray(value)) return { kind: "batch", reads: itemsOf(value, parseSentEvent), mayBeEmpty: false };
  return { kind: "one", read: (sender) => parseSentEvent(value, sender) };
}

function jsonIn(text: string): unknown {
  const read = readSentJson(text);
  if (read.ok) return read.value;
  throw invalid(read.problems);
}

/** Several documents are a list. */
function yamlIn(request: FastifyRequest): unknown {
  const { format, contentType } = bodyOf(request);
  if (format !== "yaml")
    throw new HttpProblem("unknown-content-type", `Content-Type: expected ${typesRead}, got "${contentType}"`);
  const documents = documentsOf(request);
  const [first] = documents;
  return documents.length > 1 ? documents.map(({ value }) => value) : first?.value;
}

/** The batch format allows for an empty one. */
function batchOf(value: unknown): Given {
  if (Array.isArray(value)) return { kind: "batch", reads: itemsOf(value, parseSentCloudEvent), mayBeEmpty: true };
  const fix = `send a single one as ${cloudEventType}`;
  throw invalid([{ path: "body", expected: "a list of CloudEvents", got: "something else", fix }]);
}

function* itemsOf(items: readonly unknown[], parse: typeof parseSentEvent): Generator<Read> {
  for (const [place, item] of items.entries()) yield (sender) => parse(item, sender, `event ${place + 1}`);
}

/** Empty lines do not count, but keep their number. */
function* linesOf(text: string): Generator<Read> {
  let number = 0;
  for (let from = 0; from < text.length;) {
    const end = text.indexOf("\n", from);
    const line = text.slice(from, end === -1 ? text.length : end);
    from += line.length + 1;
    number += 1;
    const at = `line ${number}`;
    if (line.trim() !== "") yield (sender) => eventIn(line, sender, at);
  }
}

function eventIn(line: string, sender: Sender, at: string): Parsed<SentEvent> {
  const read = readSentJson(line);
  return read.ok
    ? parseSentEvent(read.value, sender, at)
    : refused(...read.problems.map((problem) => inLine(problem, at)));
}

/** The reader sees one line only and calls it the first. */
function inLine({ path, expected, got, fix }: Problem, at: string): Problem {
  return { path: path.replace(/^line 1\b/, at), expected, got, fix };
}
