// Events as they travel: CloudEvents 1.0, structured JSON, with the extension attributes `tags`, `runid`, `workflow`, `cause`
// and `hops`. Every event passes here once or more, so both directions are one pass over a few fields.
//
//   C1. What comes back is what went in: `fromCloudEvent(toCloudEvent(e, …), "-")` equals e.
//   C2. A payload's own claim of a source is believed only of the controller; the subject's owner token proves everyone else's.
//   C3. Whatever is not a well-formed event is null: any identity can publish any bytes under its own name.
import { eventSourceCharsMax, eventTypeCharsMax } from "./event-limits.ts";
import type { Event } from "./event.ts";
import { isObject } from "./reader.ts";

/** The owner token of subjects under which only the controller publishes. */
const controllerOwner = "-";
const idCharsMax = 256;
const canonicalInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const typeWord = /^[A-Za-z0-9_./-]+$/;

/** `workflow` names the workflow that emitted it, null when none did. */
export function toCloudEvent(event: Event, workflow: string | null): string {
  return JSON.stringify({
    specversion: "1.0",
    id: event.id,
    source: event.source,
    type: event.type,
    time: event.timestamp,
    datacontenttype: "application/json",
    tags: event.tags.map(encodeTag).join(","),
    runid: event.run,
    workflow: workflow ?? undefined,
    cause: event.cause,
    hops: event.hops,
    data: event.value,
  });
}

/** `owner` is the decoded owner token of the subject that carried it: a workflow's name, or `-` for the controller. */
export function fromCloudEvent(json: string | Uint8Array, owner: string): Event | null {
  const raw = parseJson(json);
  if (!isObject(raw) || raw["specversion"] !== "1.0") return null;
  const { id, type, time, tags, data = "", runid, cause, hops } = raw;
  const source = owner === controllerOwner ? raw["source"] : `/workflows/${owner}`;
  const timestamp = typeof time === "string" ? instantOf(time) : null;
  if (!isText(id, idCharsMax) || !isText(source, eventSourceCharsMax) || timestamp === null) return null;
  if (!isText(type, eventTypeCharsMax) || !typeWord.test(type)) return null;
  if (typeof tags !== "string" || tags === "") return null;
  return {
    id,
    source,
    type,
    tags: tags.split(",").map(decodeTag),
    value: data,
    timestamp,
    ...(isText(runid, idCharsMax) && { run: runid }),
    ...(isText(cause, idCharsMax) && { cause }),
    ...(typeof hops === "number" && Number.isSafeInteger(hops) && hops >= 0 && { hops }),
  };
}

function parseJson(json: string | Uint8Array): unknown {
  try {
    return JSON.parse(
      typeof json === "string" ? json : Buffer.from(json.buffer, json.byteOffset, json.length).toString(),
    );
  } catch {
    return null;
  }
}

function isText(value: unknown, charsMax: number): value is string {
  return typeof value === "string" && value !== "" && value.length <= charsMax;
}

/** Ours are canonical already; another publisher's instant is made so. */
function instantOf(time: string): string | null {
  if (canonicalInstant.test(time)) return time;
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/** Only what would be mistaken for a border between tags is encoded. */
function encodeTag(tag: string): string {
  return /[,%]/.test(tag) ? tag.replaceAll("%", "%25").replaceAll(",", "%2C") : tag;
}

function decodeTag(encoded: string): string {
  return encoded.includes("%") ? encoded.replaceAll(/%2c/gi, ",").replaceAll("%25", "%") : encoded;
}
