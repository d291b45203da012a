// Events as anybody sends them, in Drover's own shape or as a CloudEvent, and whose they are.
//
//   S1. Where code of a workflow sends, the workflow is proved and stays the source; what the code says is kept as an attribute.
//       A person's source is kept, but nobody else stores under the sources of Drover itself.
//   S2. The same id from the same source is the same event: the id that it is stored under follows from both.
//   S3. Code of a workflow cannot send what the history of runs is made of.
import { createHash } from "node:crypto";
import { isCloudEvent } from "./cloud-event-names.ts";
import { type Headers, parseBinaryCloudEvent } from "./cloud-event-headers.ts";
import { type CloudEventSent, parseCloudEvent } from "./cloud-event-input.ts";
import { workflowSource } from "./event-match.ts";
import { type Event, type NewEvent, parseEvent } from "./event.ts";
import { type Parsed, accepted, refused } from "./problem.ts";
import { shown } from "./shown.ts";

/** An event with an `id` is the one that its sender means by it, whenever it comes again. */
export type SentEvent = NewEvent & Pick<Event, "source" | "attributes"> & { readonly id?: string };

/** `workflow` is the one whose code sends, null for a person. */
export type Sender = { readonly workflow: string | null; readonly now: () => Date };

/** The history of runs is made of them: it must be able to believe them. */
const reservedTypes: ReadonlySet<string> = new Set(["run", "slot"]);
/** Events under them set workflows off, or are believed. */
const reservedSource = /^\/(?:controller|workflows|hooks|manual|replay)(?:\/|$)/;
/** What a person sends who names no source. */
const peoplesSource = "/api";
const idCharacters = 32;

export function sourceOf({ workflow }: Pick<Sender, "workflow">): string {
  return workflow === null ? peoplesSource : workflowSource(workflow);
}

export function parseSentEvent(raw: unknown, sender: Sender, at = "event"): Parsed<SentEvent> {
  if (isCloudEvent(raw)) return parseSentCloudEvent(raw, sender, at);
  const parsed = parseEvent(raw, sender.now, at);
  if (!parsed.ok) return parsed;
  const { type, tags, value, timestamp } = parsed.value;
  return allowedTo(sender, { source: sourceOf(sender), type, tags, value, timestamp }, at);
}

export function parseSentCloudEvent(raw: unknown, sender: Sender, at = "event"): Parsed<SentEvent> {
  const parsed = parseCloudEvent(raw, sender.now, at);
  return parsed.ok ? ownedBy(sender, parsed.value, at) : parsed;
}

export function parseSentBinaryEvent(headers: Headers, body: Uint8Array, sender: Sender): Parsed<SentEvent> {
  const parsed = parseBinaryCloudEvent(headers, body, sender.now);
  return parsed.ok ? ownedBy(sender, parsed.value, "headers", (name) => `ce-${name}`) : parsed;
}

/** Gives a CloudEvent its source and id. `pathOf` says what an attribute is called in a problem. */
function ownedBy(
  sender: Sender,
  sent: CloudEventSent,
  at: string,
  pathOf: (name: string) => string = (name) => `${at}.${name}`,
): Parsed<SentEvent> {
  const source = sourceOf(sender);
  const id = idOf(sender.workflow === null ? "" : source, sent.source, sent.attributes.id);
  if (sender.workflow !== null) {
    const attributes = sent.source === source ? sent.attributes : { ...sent.attributes, source: sent.source };
    return allowedTo(sender, { ...sent, source, attributes, id }, at, pathOf);
  }
  if (!reservedSource.test(sent.source)) return accepted({ ...sent, id });
  const expected = "a source that is not Drover's own";
  const fix = "name another one; Drover proves what /controller, /workflows, /hooks, /manual and /replay emit";
  return refused({ path: pathOf("source"), expected, got: shown(sent.source), fix });
}

function allowedTo(
  { workflow }: Sender,
  event: SentEvent,
  at: string,
  pathOf: (name: string) => string = (name) => `${at}.${name}`,
): Parsed<SentEvent> {
  if (workflow === null || !reservedTypes.has(event.type)) return accepted(event);
  const expected = `a type of your own: events of type "${event.type}" are Drover's own`;
  return refused({ path: pathOf("type"), expected, got: shown(event.type), fix: "choose another type" });
}

/** Joined so that no two pairs give the same text. */
function idOf(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, idCharacters);
}
