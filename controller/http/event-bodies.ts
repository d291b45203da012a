// What the body of `POST /api/v1/events` holds: one event, or a batch as a JSON list or as lines of JSON (ndjson).
//
//   B1. A batch is right as a whole or refused: the answer names every event that is wrong, up to problemsShownMax problems.
//   B2. JSON takes the short way, because this is the path of every event; the strict reader then names the place of an error.
//   B3. The events of a batch are read while somebody takes them, so that they need not all live at once.
import type { FastifyRequest } from "fastify";
import { type NewEvent, parseEvent } from "../../model/event.ts";
import { eventsInBatchMax } from "../../model/event-limits.ts";
import { readJson } from "../../model/json.ts";
import { type Parsed, type Problem, refused } from "../../model/problem.ts";
import type { EventToAppend } from "../events/append.ts";
import { eventIdOf } from "../events/event-id.ts";
import { bodyOf, documentsOf } from "./body.ts";
import { idempotencyKeyOf } from "./idempotency.ts";
import { HttpProblem, invalid } from "./problem.ts";

export const ndjsonType = "application/x-ndjson";
const ndjsonTypes: ReadonlySet<string> = new Set([ndjsonType, "application/ndjson", "application/jsonl"]);
/** A text with more of them is of another kind than its sender believes. */
const problemsShownMax = 100;

export type EventsSent =
  | { readonly kind: "one"; readonly event: EventToAppend }
  /** The iteration throws HttpProblem at its end when an event is wrong. */
  | { readonly kind: "batch"; readonly events: Iterable<EventToAppend> };

type Sender = { readonly source: string; readonly now: () => Date };
type Read = (now: () => Date) => Parsed<NewEvent>;

/** Throws HttpProblem that names everything that is wrong. */
export function eventsIn(request: FastifyRequest, { source, now }: Sender): EventsSent {
  const key = idempotencyKeyOf(request);
  const id = (place: number | null): { id?: string } =>
    key === null ? {} : { id: place === null ? eventIdOf(source, key) : eventIdOf(source, key, String(place)) };
  const given = givenIn(request);
  if (given.kind === "lines") return { kind: "batch", events: eventsOf(linesOf(given.text)) };
  if (Array.isArray(given.value)) return { kind: "batch", events: eventsOf(itemsOf(given.value)) };
  const parsed = parseEvent(given.value, now);
  if (!parsed.ok) throw invalid(parsed.problems);
  return { kind: "one", event: { ...parsed.value, ...id(null), source } };

  function* eventsOf(reads: Iterable<Read>): Generator<EventToAppend> {
    const moment = now();
    const problems: Problem[] = [];
    let count = 0;
    for (const read of reads) {
      if (++count > eventsInBatchMax)
        throw new HttpProblem("too-large", `more than ${eventsInBatchMax} events in one request; send them in parts`);
      const event = read(() => moment);
      if (!event.ok) problems.push(...event.problems);
      else if (problems.length === 0) yield { ...event.value, ...id(count), source };
      if (problems.length >= problemsShownMax) break;
    }
    if (problems.length > 0) throw invalid(problems);
    if (count === 0) throw invalid([noEvent]);
  }
}

const noEvent: Problem = {
  path: "body",
  expected: "at least one event: an object with tags",
  got: "none",
  fix: 'send one such as {"tags": ["hello"]}',
};

type Given =
  | { readonly kind: "lines"; readonly text: string }
  /** A list is a batch. */
  | { readonly kind: "value"; readonly value: unknown };

function givenIn(request: FastifyRequest): Given {
  const body = bodyOf(request);
  if (ndjsonTypes.has(body.contentType)) return { kind: "lines", text: body.text };
  if (body.format === "json") {
    try {
      return { kind: "value", value: JSON.parse(body.text) };
    } catch {
      // documentsOf names the place of the error.
    }
  }
  const documents = documentsOf(request);
  const [first] = documents;
  return { kind: "value", value: documents.length > 1 ? documents.map(({ value }) => value) : first?.value };
}

function* itemsOf(items: readonly unknown[]): Generator<Read> {
  for (const [place, item] of items.entries()) yield (now) => parseEvent(item, now, `event ${place + 1}`);
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
    if (line.trim() !== "") yield (now) => eventIn(line, now, at);
  }
}

function eventIn(line: string, now: () => Date, at: string): Parsed<NewEvent> {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    const read = readJson(line);
    if (!read.ok) return refused(...read.problems.map((problem) => inLine(problem, at)));
    raw = read.value;
  }
  return parseEvent(raw, now, at);
}

/** The reader sees one line only and calls it the first. */
function inLine({ path, expected, got, fix }: Problem, at: string): Problem {
  return { path: path.replace(/^line 1\b/, at), expected, got, fix };
}
