// An event: something that happened, as Vamp's REST API shows it. On the wire it is CloudEvents 1.0 JSON; cloud-event.ts converts.
import { eventTags, eventType } from "./event-fields.ts";
import { eventValueBytesMax } from "./event-limits.ts";
import { instant } from "./instant.ts";
import { jsonValue } from "./json-value.ts";
import { type Parsed, accepted } from "./problem.ts";
import { withinBytes } from "./reader.ts";
import { maybe, optional, record, required } from "./record.ts";

export type Event = {
  /** Unique; also the message id by which JetStream refuses a second publish. */
  readonly id: string;
  /** Who emitted it: `/workflows/<name>` for a workflow, `/api` for the REST API, `/controller` for Drover itself. */
  readonly source: string;
  /** Letters, digits, `_ - . /`; `event` when the sender gave none. */
  readonly type: string;
  /** At least one; `a:b` is accompanied by `a`. */
  readonly tags: readonly string[];
  /** Any JSON; `""` when the sender gave none. */
  readonly value: unknown;
  /** ISO 8601 instant in UTC with milliseconds. */
  readonly timestamp: string;
  /** The run that emitted it, when a run did. */
  readonly run?: string;
  /** The event or slot that set off that run. */
  readonly cause?: string;
  /** How many runs lie between this event and the one that began the chain. */
  readonly hops?: number;
  /**
   * What a CloudEvents sender gave that has no field above: its own `id`, `subject`, `dataschema`, `datacontenttype` (when it is not
   * JSON), `datacontentencoding` ("base64": the value is bytes in that encoding), and extension attributes.
   */
  readonly attributes?: Attributes;
};

/** Names are lower-case letters and digits (CloudEvents 1.0, naming conventions). */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** An event as a sender gives it, complete and with its tags expanded; whoever stores it adds id and source. */
export type NewEvent = Pick<Event, "type" | "tags" | "value" | "timestamp">;

type Sent = Omit<NewEvent, "timestamp"> & { readonly timestamp?: string };

const sent = record<Sent>(
  {
    tags: required(eventTags, 'add "tags:" with a tag or a list of tags'),
    type: optional(eventType, "event"),
    value: optional<unknown>(withinBytes(jsonValue, eventValueBytesMax), "", { nullIsValue: true }),
    timestamp: maybe(instant),
  },
  { noun: "an event" },
);

/** Parses `{tags, value?, type?, timestamp?}`. Everything else, an `id` too, is refused: Drover gives it. */
export function parseEvent(raw: unknown, now: () => Date, at = "event"): Parsed<NewEvent> {
  const parsed = sent(raw, at);
  if (!parsed.ok) return parsed;
  const { tags, type, value, timestamp = now().toISOString() } = parsed.value;
  return accepted({ type, tags: expandTags(tags), value, timestamp });
}

/** The tags as sent, each once, then what stands before the colon of each: `["a:b"]` gives `["a:b", "a"]`. */
export function expandTags(tags: readonly string[]): string[] {
  const heads = tags.map((tag) => tag.slice(0, Math.max(0, tag.indexOf(":")))).filter((head) => head !== "");
  return [...new Set([...tags, ...heads])];
}
