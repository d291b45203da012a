// CloudEvents in binary mode: attributes in headers, data in the body.
import { expect, test } from "vitest";
import { cloudEventHeaders, isBinaryCloudEvent, parseBinaryCloudEvent } from "../../model/cloud-event-headers.ts";
import { problemsOf, valueOf } from "./parsed.ts";

const now = (): Date => new Date("2026-05-01T00:00:00Z");
const minimal = { "ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "/s", "ce-type": "com.example.made" };
const read = (headers: Record<string, string>, body: string | Uint8Array = "") =>
  parseBinaryCloudEvent({ ...minimal, ...headers }, Buffer.from(body), now);

test.each<[string, string | undefined, string | Uint8Array, unknown, object]>([
  ["JSON", "application/json", '{"a": 1}', { a: 1 }, {}],
  ["JSON of a kind", "application/vnd.x+json", "[1]", [1], { datacontenttype: "application/vnd.x+json" }],
  ["JSON by default", undefined, "1", 1, {}],
  ["text", "text/plain; charset=utf-8", "größer", "größer", { datacontenttype: "text/plain; charset=utf-8" }],
  ["XML", "application/xml", "<a/>", "<a/>", { datacontenttype: "application/xml" }],
  [
    "bytes",
    "application/octet-stream",
    new Uint8Array([0, 255]),
    "AP8=",
    { datacontenttype: "application/octet-stream", datacontentencoding: "base64" },
  ],
  [
    "text in another charset",
    "text/plain; charset=iso-8859-1",
    new Uint8Array([252]),
    "/A==",
    { datacontenttype: "text/plain; charset=iso-8859-1", datacontentencoding: "base64" },
  ],
  ["nothing", undefined, "", "", {}],
])("the body is %s", (_, contentType, body, value, attributes) => {
  const event = valueOf(read(contentType === undefined ? {} : { "content-type": contentType }, body));
  expect([event.value, event.attributes]).toStrictEqual([value, { id: "e-1", ...attributes }]);
});

test.each([
  ["Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"],
  ['"quoted \\"text\\" with \\\\"', 'quoted "text" with \\'],
  ["100%25", "100%"],
])("a header %s is read as %s", (written, value) => {
  expect(valueOf(read({ "ce-subject": written })).attributes["subject"]).toBe(value);
});

test.each([
  ["100%", "ce-subject: expected printable ASCII and percent-encoded UTF-8"],
  ["%ff", "ce-subject: expected printable ASCII and percent-encoded UTF-8"],
  ["gr\u00f6\u00dfer", "ce-subject: expected printable ASCII and percent-encoded UTF-8"],
])("a header %s is refused", (written, says) => {
  expect(problemsOf(read({ "ce-subject": written })).join()).toContain(says);
});

test("what is missing or wrong is named by its header", () => {
  const problems = problemsOf(
    parseBinaryCloudEvent({ "ce-specversion": "1.0", "ce-ext": "", "ce-a-b": "" }, Buffer.of(), now),
  );
  expect(problems.map((problem) => problem.split(":", 1)[0])).toEqual(["ce-id", "ce-source", "ce-type", "ce-a-b"]);
  expect(problemsOf(parseBinaryCloudEvent({ "ce-id": "1" }, Buffer.of(), now)).join()).toContain(
    "ce-specversion: expected",
  );
  expect(problemsOf(read({}, new Uint8Array([123, 255]))).join()).toContain(
    "body: expected text in UTF-8, got the byte 0xff at offset 1",
  );
  expect(problemsOf(read({ "content-type": "application/json" }, "{")).join()).toContain("line 1, column 2");
});

test("old versions have their names, and extensions of 0.1 a prefix", () => {
  const headers = {
    "ce-cloudeventsversion": "0.1",
    "ce-eventid": "e-1",
    "ce-eventtype": "com.example.made",
    "ce-source": "/s",
    "ce-x-shard": "3",
  };
  const old = valueOf(parseBinaryCloudEvent({ ...headers, "content-type": "application/json" }, Buffer.from("1"), now));
  expect(old).toMatchObject({ type: "com.example.made", value: 1, attributes: { id: "e-1", shard: "3" } });
});

test("other requests are none", () => {
  expect(isBinaryCloudEvent({ "content-type": "application/json", "ce-other": "a" })).toBe(false);
  expect(isBinaryCloudEvent({ "ce-id": "1" })).toBe(true);
});

test("an attribute that comes twice is refused, and so are data in a header and names that objects have", () => {
  const sent = (...more: string[]) =>
    problemsOf(
      parseBinaryCloudEvent(cloudEventHeaders([...Object.entries(minimal).flat(), ...more]), Buffer.of(), now),
    );
  expect(sent("ce-id", "e-2").join()).toContain("ce-id: expected each attribute once");
  expect(sent("ce-data", "1").join()).toContain("ce-data: expected the data in the body");
  expect(sent("ce-__proto__", "1").join()).toContain("ce-__proto__");
});

test("extensions of version 0.1 have a prefix that is none in later versions", () => {
  expect(valueOf(read({ "ce-x1": "a" })).attributes).toMatchObject({ x1: "a" });
  expect(problemsOf(read({ "ce-x-foo": "a" })).join()).toContain("ce-x-foo");
  const old = {
    "ce-cloudeventsversion": "0.1",
    "ce-eventid": "1",
    "ce-eventtype": "t",
    "ce-source": "/s",
    "ce-x-foo": "a",
  };
  expect(valueOf(parseBinaryCloudEvent(old, Buffer.of(), now)).attributes).toMatchObject({ foo: "a" });
});
