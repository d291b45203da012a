// CloudEvents in binary mode (HTTP protocol binding 1.0, section 3.1): the attributes are headers, the data are the body.
//
//   H1. Header values are percent-encoded UTF-8 (3.1.3.2); quoted ones are taken as well.
//   H2. An attribute is given once; a header that is there twice is refused, and not joined.
//   H3. JSON is read. Text and XML are kept as text, everything else as base64; so is text in another charset than UTF-8.
import { attributesSent } from "./cloud-event-names.ts";
import { type CloudEventSent, readCloudEvent } from "./cloud-event-input.ts";
import { type Parsed, type Problem, accepted, refused } from "./problem.ts";
import { readSentJson } from "./sent-json.ts";
import { shown } from "./shown.ts";
import { readUtf8 } from "./utf8.ts";

/** As Node gives them: names in lower case, values as Latin-1. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const prefix = "ce-";
/** Extensions in version 0.1. */
const extensionPrefix = "ce-x-";
/** With one of them a request is meant as a CloudEvent; those of version 0.1 are among them. */
const marks = ["ce-specversion", "ce-type", "ce-id", "ce-cloudeventsversion", "ce-eventid"];

const jsonType = /^(?:application|text)\/(?:[\w.-]+\+)?json$/;
const textType = /^(?:text\/.+|application\/(?:[\w.-]+\+)?xml)$/;
const otherCharset = /;\s*charset\s*=\s*"?(?!utf-?8\b|us-ascii\b)[\w-]+/i;

export function isBinaryCloudEvent(headers: Headers): boolean {
  for (const mark of marks) if (headers[mark] !== undefined) return true;
  return false;
}

/** Those that count, out of names and values in turns as Node gives them; the values of one that is repeated are a list. */
export function cloudEventHeaders(rawHeaders: readonly string[]): Headers {
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let place = 0; place + 1 < rawHeaders.length; place += 2) {
    const name = (rawHeaders[place] ?? "").toLowerCase();
    const value = rawHeaders[place + 1] ?? "";
    if (!name.startsWith(prefix) && name !== "content-type") continue;
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

export function parseBinaryCloudEvent(headers: Headers, body: Uint8Array, now: () => Date): Parsed<CloudEventSent> {
  const problems: Problem[] = [];
  const raw: Record<string, string> = Object.create(null);
  const isOld = headers["ce-cloudeventsversion"] !== undefined;
  for (const [header, written] of Object.entries(headers)) {
    if (!header.startsWith(prefix) || written === undefined) continue;
    const name = nameOf(header, isOld);
    const value =
      typeof written === "string" && !(name in raw) ? decodeHeader(written, header) : refused(twice(header));
    if (!value.ok) problems.push(...value.problems);
    else if (name === "data" || name === "data_base64") problems.push(dataInHeader(header));
    else raw[name] = value.value;
  }
  if (problems.length > 0) return refused(...problems);
  const headerOf = (name: string): string => prefix + name.toLowerCase();
  const attributes = attributesSent(raw, "headers", headerOf);
  if (!attributes.ok) return attributes;
  const contentType = headers["content-type"];
  const sent = new Map(attributes.value);
  if (typeof contentType === "string") sent.set("datacontenttype", { value: contentType, at: "Content-Type" });
  if (body.length > 0) {
    const data = dataOf(body, typeof contentType === "string" ? contentType : "application/json");
    if (!data.ok) return data;
    const { encoding, value } = data.value;
    sent.set(encoding === null ? "data" : "data_base64", { value, at: "body" });
  }
  return readCloudEvent(sent, now, "headers", headerOf);
}

/** The name of version 0.1 in the case that the reader of JSON knows. */
function nameOf(header: string, isOld: boolean): string {
  if (header === "ce-cloudeventsversion") return "cloudEventsVersion";
  return header.slice((isOld && header.startsWith(extensionPrefix) ? extensionPrefix : prefix).length);
}

function twice(header: string): Problem {
  return { path: header, expected: "each attribute once", got: "it twice", fix: "leave out one of them" };
}

function dataInHeader(header: string): Problem {
  return { path: header, expected: "the data in the body", got: "a header", fix: "send it as the body" };
}

function decodeHeader(written: string, header: string): Parsed<string> {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(written)?.[1];
  const value = quoted === undefined ? written : quoted.replaceAll(/\\(.)/g, "$1");
  const fix = "percent-encode the UTF-8 of all else, and the percent sign itself as %25";
  const expected = "printable ASCII and percent-encoded UTF-8";
  const problem = { path: header, expected, got: shown(value), fix };
  if (!/^[\x20-\x7e]*$/.test(value)) return refused(problem);
  try {
    return accepted(value.includes("%") ? decodeURIComponent(value) : value);
  } catch {
    return refused(problem);
  }
}

type Data = { readonly encoding: "base64" | null; readonly value: unknown };

function dataOf(body: Uint8Array, contentType: string): Parsed<Data> {
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const isJson = jsonType.test(type);
  const isText = textType.test(type) && !otherCharset.test(contentType);
  if (!isJson && !isText) {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
    return accepted({ encoding: "base64", value: bytes.toString("base64") });
  }
  const text = readUtf8(body, "body");
  if (!text.ok) return text;
  if (!isJson) return accepted({ encoding: null, value: text.value });
  const read = readSentJson(text.value);
  return read.ok ? accepted({ encoding: null, value: read.value }) : read;
}
