// CloudEvents as senders write them. All that is wrong is named at once, and nothing that is right gets lost: what an event has no
// field for is among its attributes.
//
//   C1. Required are id, source and type. Without the extension attribute `tags` the type is the only tag; without `time` it is now.
//   C2. Of data that are not JSON, `datacontenttype` says what they are. Bytes are kept in base64, as they came.
import {
  base64,
  extension,
  flawOfName,
  joinedTags,
  mediaType,
  plainText,
  senderId,
  timestamp,
} from "./cloud-event-attribute.ts";
import { type AttributesSent, attributesSent } from "./cloud-event-names.ts";
import { eventSource, eventType } from "./event-fields.ts";
import { attributesBytesMax, attributesMax, eventValueBytesMax } from "./event-limits.ts";
import { type Attributes, type NewEvent, expandTags } from "./event.ts";
import { jsonValue } from "./json-value.ts";
import { type Parsed, type Problem, accepted, refused } from "./problem.ts";
import { type Reader, jsonBytes, mismatch, withinBytes } from "./reader.ts";

/** `attributes.id` is the sender's own id. */
export type CloudEventSent = NewEvent & {
  readonly source: string;
  readonly attributes: Attributes & { readonly id: string };
};

const core = ["id", "source", "type", "time", "subject", "dataschema", "datacontenttype"];
const notExtensions: ReadonlySet<string> = new Set([...core, "tags", "data", "data_base64", "datacontentencoding"]);
const data = withinBytes(jsonValue, eventValueBytesMax);

/** Reads a CloudEvent of any version from JSON. */
export function parseCloudEvent(raw: unknown, now: () => Date, at = "event"): Parsed<CloudEventSent> {
  const sent = attributesSent(raw, at);
  return sent.ok ? readCloudEvent(sent.value, now, at) : sent;
}

/** `at`: where an attribute is missing that ought to be there. */
export function readCloudEvent(
  sent: AttributesSent,
  now: () => Date,
  at: string,
  pathOf: (name: string) => string = (name) => `${at}.${name}`,
): Parsed<CloudEventSent> {
  const problems: Problem[] = [];
  const attributes: Record<string, string | number | boolean> = {};
  const id = take("id", senderId);
  const source = take("source", eventSource);
  const type = take("type", eventType);
  const moment = sent.has("time") ? take("time", timestamp) : now().toISOString();
  const tags = sent.has("tags") ? take("tags", joinedTags) : [type ?? ""];
  const value = takeData();
  keep("subject", plainText);
  keep("dataschema", plainText);
  keep("datacontenttype", mediaType);
  if (attributes["datacontenttype"] === "application/json") delete attributes["datacontenttype"];
  keepExtensions();
  checkSize();
  if (id === null || source === null || type === null || moment === null || tags === null || problems.length > 0)
    return refused(...problems);
  const kept = { id, ...attributes };
  return accepted({ source, type, tags: expandTags(tags), value, timestamp: moment, attributes: kept });

  /** Null: what is wrong is among the problems. */
  function take<T>(name: string, read: Reader<T>): T | null {
    const attribute = sent.get(name);
    const parsed = read(attribute?.value, attribute?.at ?? pathOf(name));
    if (parsed.ok) return parsed.value;
    problems.push(...parsed.problems);
    return null;
  }

  function keep(name: string, read: Reader<string | number | boolean>): void {
    const attribute = sent.has(name) ? take(name, read) : null;
    if (attribute !== null) attributes[name] = attribute;
  }

  function takeData(): unknown {
    const bytes = sent.get("data_base64");
    if (bytes !== undefined && sent.has("data")) {
      const expected = "either data or data_base64";
      problems.push({ path: bytes.at, expected, got: "both", fix: "remove one of the two" });
      return null;
    }
    if (sent.has("datacontentencoding")) take("datacontentencoding", onlyBase64);
    else if (bytes === undefined) return sent.has("data") ? take("data", data) : "";
    attributes["datacontentencoding"] = "base64";
    return take(bytes === undefined ? "data" : "data_base64", base64);
  }

  function checkSize(): void {
    const bytes = jsonBytes(attributes);
    if (bytes <= attributesBytesMax) return;
    const expected = `attributes of at most ${attributesBytesMax} bytes as JSON`;
    problems.push({ path: at, expected, got: `${bytes} bytes`, fix: "move them into data" });
  }

  function keepExtensions(): void {
    const names = [...sent.keys()].filter((name) => !notExtensions.has(name));
    if (names.length > attributesMax) {
      const expected = `at most ${attributesMax} extension attributes`;
      problems.push({ path: at, expected, got: String(names.length), fix: "move them into data" });
      return;
    }
    for (const name of names) {
      const flaw = flawOfName(name, sent.get(name)?.at ?? pathOf(name));
      if (flaw === null) keep(name, extension);
      else problems.push(flaw);
    }
  }
}

const onlyBase64: Reader<string> = (raw, at) =>
  raw === "base64" ? accepted(raw) : mismatch(at, raw, { expected: '"base64"', fix: "leave it out, or encode data" });
