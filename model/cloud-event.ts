// Events as they travel: CloudEvents 1.0, structured JSON, with the extension attributes `tags`, `runid`, `workflow`, `cause`
// and `hops`, and those of a sender (cloud-event-wire.ts). Every event passes here once or more, so both directions are one pass
// over a few fields.
//
//   C1. What comes back is what went in: `fromCloudEvent(toCloudEvent(e, …), "-")` equals e.
//   C2. A payload's own claim of a source is believed only of the controller; the subject's owner token proves everyone else's.
//   C3. Whatever is not a well-formed event is null: any identity can publish any bytes under its own name.
import { addAttributes, attributesIn } from "./cloud-event-wire.ts";
import { attributeCharsMax, eventSourceCharsMax, eventTypeCharsMax } from "./event-limits.ts";
import type { Attributes, Event } from "./event.ts";
import { isDeeperThan } from "./json-depth.ts";
import { isObject } from "./reader.ts";

/** The owner token of subjects under which only the controller publishes. */
const controllerOwner = "-";
const idCharsMax = 256;
/** Many times what may be sent, and a fraction of what overflows the stack when it is written again. */
const levelsMax = 1_000;
const canonicalInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const typeWord = /^[A-Za-z0-9_./-]+$/;

const jsonType = "application/json";

/** `workflow` names the workflow that emitted it, null when none did. */
export function toCloudEvent(event: Event, workflow: string | null): string {
  return JSON.stringify(cloudEventOf(event, workflow));
}

/** The event in the names of CloudEvents 1.0. */
export function cloudEventOf(event: Event, workflow: string | null): Record<string, unknown> {
  const wire: Record<string, unknown> = {
    specversion: "1.0",
    id: event.id,
    source: event.source,
    type: event.type,
    time: event.timestamp,
    datacontenttype: jsonType,
    tags: event.tags.map(encodeTag).join(","),
    runid: event.run,
    workflow: workflow ?? undefined,
    cause: event.cause,
    hops: event.hops,
  };
  const { attributes, value } = event;
  if (attributes === undefined) {
    wire["data"] = value;
    return wire;
  }
  addAttributes(wire, attributes);
  const isBinary = attributes["datacontentencoding"] === "base64" && typeof value === "string";
  if (isBinary) delete wire["datacontentencoding"];
  wire[isBinary ? "data_base64" : "data"] = value;
  return wire;
}

/** `owner` is the decoded owner token of the subject that carried it: a workflow's name, or `-` for the controller. */
export function fromCloudEvent(json: string | Uint8Array, owner: string): Event | null {
  const raw = parseJson(json);
  if (!isObject(raw) || raw["specversion"] !== "1.0") return null;
  const { id, type, time, tags, data = "", data_base64: bytes, runid, cause, hops } = raw;
  const source = owner === controllerOwner ? raw["source"] : `/workflows/${owner}`;
  const timestamp = typeof time === "string" ? instantOf(time) : null;
  if (!isText(id, idCharsMax) || !isText(source, eventSourceCharsMax) || timestamp === null) return null;
  if (!isText(type, eventTypeCharsMax) || !typeWord.test(type)) return null;
  if (typeof tags !== "string" || tags === "") return null;
  const attributes = attributesOf(raw);
  return {
    id,
    source,
    type,
    tags: decodeTags(tags),
    value: typeof bytes === "string" ? bytes : data,
    timestamp,
    ...(isText(runid, idCharsMax) && { run: runid }),
    ...(isText(cause, idCharsMax) && { cause }),
    ...(typeof hops === "number" && Number.isSafeInteger(hops) && hops >= 0 && { hops }),
    ...(attributes !== null && { attributes }),
  };
}

/** What the sender gave beside, and how its data are to be read when they are not plain JSON. */
function attributesOf(raw: Readonly<Record<string, unknown>>): Attributes | null {
  const { datacontenttype, data_base64: bytes } = raw;
  const given = attributesIn(raw);
  const ofData = {
    ...(isText(datacontenttype, attributeCharsMax) && datacontenttype !== jsonType && { datacontenttype }),
    ...(typeof bytes === "string" && { datacontentencoding: "base64" }),
  };
  for (const _ in ofData) return { ...given, ...ofData };
  return given;
}

/** The tags in the extension attribute: joined by commas, those within a tag percent-encoded. */
export function decodeTags(joined: string): string[] {
  return joined.split(",").map(decodeTag);
}

/** Null, too, for what nobody could write again. */
function parseJson(json: string | Uint8Array): unknown {
  const text = typeof json === "string" ? json : Buffer.from(json.buffer, json.byteOffset, json.length).toString();
  if (isDeeperThan(levelsMax, text)) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isText(value: unknown, charsMax: number): value is string {
  return typeof value === "string" && value !== "" && value.length <= charsMax;
}

/** Ours are canonical already; another publisher's instant is made so. Null for one that does not exist. */
function instantOf(time: string): string | null {
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) return null;
  return canonicalInstant.test(time) ? time : new Date(ms).toISOString();
}

/** Only what would be mistaken for a border between tags is encoded. */
function encodeTag(tag: string): string {
  return /[,%]/.test(tag) ? tag.replaceAll("%", "%25").replaceAll(",", "%2C") : tag;
}

function decodeTag(encoded: string): string {
  return encoded.includes("%") ? encoded.replaceAll(/%2c/gi, ",").replaceAll("%25", "%") : encoded;
}
