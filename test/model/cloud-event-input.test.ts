// CloudEvents of all versions, in JSON, and what is wrong with those that are none.
import { describe, expect, test } from "vitest";
import { parseCloudEvent } from "../../model/cloud-event-input.ts";
import { problemsOf, valueOf } from "./parsed.ts";

const now = (): Date => new Date("2026-05-01T00:00:00Z");
const minimal = { specversion: "1.0", id: "e-1", source: "https://example.com", type: "com.example.made" };
const read = (raw: unknown) => parseCloudEvent(raw, now);

test("a minimal one gets its type as tag, the present time, and no value", () => {
  expect(valueOf(read(minimal))).toStrictEqual({
    type: "com.example.made",
    tags: ["com.example.made"],
    value: "",
    timestamp: "2026-05-01T00:00:00.000Z",
    source: "https://example.com",
    attributes: { id: "e-1" },
  });
});

test("what an event has no field for is kept as it came", () => {
  const sent = {
    ...minimal,
    subject: "tests",
    dataschema: "https://example.com/schema",
    datacontenttype: "text/plain; charset=utf-8",
    time: "2018-04-05T18:31:00+01:00",
    tags: "a%2Cb,x:y",
    extinteger: 10,
    extboolean: true,
    extstring: "",
    constructor: "plain",
    runid: "claimed",
    senderid: "claimed",
    data: "Simple text",
  };
  expect(valueOf(read(sent))).toStrictEqual({
    type: "com.example.made",
    tags: ["a,b", "x:y", "x"],
    value: "Simple text",
    timestamp: "2018-04-05T17:31:00.000Z",
    source: "https://example.com",
    attributes: {
      id: "e-1",
      subject: "tests",
      dataschema: "https://example.com/schema",
      datacontenttype: "text/plain; charset=utf-8",
      extinteger: 10,
      extboolean: true,
      extstring: "",
      constructor: "plain",
      runid: "claimed",
      senderid: "claimed",
    },
  });
});

test("attributes that are null are none, and data that are null are data", () => {
  const nothing = { datacontenttype: null, dataschema: null, subject: null, time: null, ext: null };
  expect(valueOf(read({ ...minimal, ...nothing }))).toStrictEqual(valueOf(read(minimal)));
  expect(valueOf(read({ ...minimal, data: null })).value).toBeNull();
});

test("bytes stay in base64", () => {
  const bytes = { value: "AP8=", attributes: { id: "e-1", datacontentencoding: "base64" } };
  expect(valueOf(read({ ...minimal, data_base64: "AP8=" }))).toMatchObject(bytes);
  expect(valueOf(read({ ...minimal, data_base64: "" }))).toMatchObject({ ...bytes, value: "" });
  const old = { ...minimal, specversion: "0.3", datacontentencoding: "base64", data: "AP8=" };
  expect(valueOf(read(old))).toMatchObject(bytes);
});

const current = {
  ...minimal,
  time: "2018-04-05T17:31:00Z",
  dataschema: "https://example.com/schema",
  datacontenttype: "text/xml",
  data: "<a/>",
};
test.each<[string, object]>([
  [
    "0.3",
    {
      specversion: "0.3",
      id: "e-1",
      source: "https://example.com",
      type: "com.example.made",
      time: "2018-04-05T17:31:00Z",
      schemaurl: "https://example.com/schema",
      datacontenttype: "text/xml",
      data: "<a/>",
    },
  ],
  [
    "0.2",
    {
      specversion: "0.2",
      id: "e-1",
      source: "https://example.com",
      type: "com.example.made",
      time: "2018-04-05T17:31:00Z",
      schemaurl: "https://example.com/schema",
      contenttype: "text/xml",
      data: "<a/>",
    },
  ],
  [
    "0.1",
    {
      cloudEventsVersion: "0.1",
      eventID: "e-1",
      source: "https://example.com",
      eventType: "com.example.made",
      eventTime: "2018-04-05T17:31:00Z",
      schemaURL: "https://example.com/schema",
      contentType: "text/xml",
      data: "<a/>",
    },
  ],
])("version %s is read as 1.0, wrapped or not", (_, old) => {
  expect(valueOf(read(old))).toStrictEqual(valueOf(read(current)));
  expect(valueOf(read({ event: old }))).toStrictEqual(valueOf(read(current)));
});

test("version 0.1 has its extensions in an object of their own", () => {
  const old = { cloudEventsVersion: "0.1", eventID: "1", source: "/s", eventType: "t", eventTypeVersion: "2" };
  const { attributes } = valueOf(read({ ...old, extensions: { comExample: "a" } }));
  expect(attributes).toStrictEqual({ id: "1", eventtypeversion: "2", comexample: "a" });
});

describe("each wrong attribute is named, with the way to put it right", () => {
  test.each<[string, object, string]>([
    [
      "an unknown version",
      { specversion: "0.9" },
      'event.specversion: expected a version of CloudEvents: "1.0", or one',
    ],
    ["an empty version", { specversion: "" }, "event.specversion: expected a version"],
    ["no id", { id: undefined }, "event.id: expected an id: a text without control characters, got nothing"],
    ["an empty id", { id: "" }, "event.id: expected an id"],
    [
      "a number as id",
      { id: 25 },
      "event.id: expected an id: a text without control characters, got 25; put it in quotes",
    ],
    ["an object as id", { id: { xyz: "abc" } }, "event.id: expected an id"],
    ["half of a surrogate pair in the id", { id: "\ud800" }, "event.id: expected an id"],
    ["no type", { type: undefined }, "event.type: expected an event type"],
    ["an empty type", { type: "" }, "event.type: expected an event type"],
    ["no source", { source: undefined }, "event.source: expected a source"],
    ["an empty source", { source: "" }, "event.source: expected a source"],
    ["a word as time", { time: "lunchtime" }, "event.time: expected an instant of RFC 3339"],
    ["no seconds", { time: "2018-04-05T18:31Z" }, "event.time: expected an instant of RFC 3339"],
    ["another letter than Z", { time: "2018-04-05T18:31:00X" }, "event.time: expected an instant of RFC 3339"],
    ["an offset of 25 hours", { time: "2018-04-05T18:31:00+25:00" }, "event.time: expected an ISO 8601 instant"],
    ["an offset of letters", { time: "2018-04-05T18:31:00+xx:00" }, "event.time: expected an instant of RFC 3339"],
    ["an offset without minutes", { time: "2018-04-05T18:31:00+05" }, "event.time: expected an instant of RFC 3339"],
    ["the year 0", { time: "0000-01-01T00:00:00Z" }, "event.time: expected an ISO 8601 instant from 1970 to 9999"],
    ["the year 10000", { time: "10000-01-01T00:00:00Z" }, "event.time: expected an instant of RFC 3339"],
    ["a content type of one word", { datacontenttype: "xyz" }, "event.datacontenttype: expected a media type"],
    ["an empty content type", { datacontenttype: "" }, "event.datacontenttype: expected a media type"],
    ["an empty schema", { dataschema: "" }, "event.dataschema: expected a text"],
    ["an empty subject", { subject: "" }, "event.subject: expected a text"],
    [
      "capitals in a name",
      { MyExtension: "bad" },
      'event.MyExtension: expected an attribute whose name has 1 to 64 lower-case letters and digits, got "MyExtension"; write "myextension"',
    ],
    ["a dot in a name", { "my.extension": "bad" }, 'event["my.extension"]: expected an attribute whose name'],
    ["a prototype as name", JSON.parse('{"__proto__": 1}') as object, "event.__proto__: expected an attribute"],
    ["a fraction", { ext: 1.5 }, "event.ext: expected a text, an integer of 32 bits, true or false, got 1.5"],
    ["an integer of 33 bits", { ext: 2 ** 31 }, "event.ext: expected a text, an integer of 32 bits"],
    ["an object as extension", { ext: {} }, "event.ext: expected a text, an integer of 32 bits"],
    ["a NUL in an extension", { ext: "a\0" }, "event.ext: expected a text without control characters"],
    [
      "65 extensions",
      Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`e${n}`, n])),
      "event: expected at most 64 extension attributes, got 65",
    ],
    [
      "both data and data_base64",
      { data: "a", data_base64: "AP8=" },
      "event.data_base64: expected either data or data_base64, got both",
    ],
    [
      "40 extensions of 2,000 characters",
      Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`e${n}`, "x".repeat(2_000)])),
      "event: expected attributes of at most 65536 bytes as JSON",
    ],
    ["base64 that is none", { data_base64: "A*" }, "event.data_base64: expected bytes in base64"],
    ["base64 without its padding", { data_base64: "AP8" }, "event.data_base64: expected bytes in base64"],
    ["an unknown encoding", { datacontentencoding: "gzip", data: "x" }, 'event.datacontentencoding: expected "base64"'],
    ["an empty tag", { tags: "a,,b" }, "event.tags[1]: expected a tag"],
    ["tags that are no text", { tags: 1 }, "event.tags: expected tags joined by commas"],
    ["a number beyond all", { data: [Infinity] }, "event.data: expected a JSON value, got Infinity"],
  ])("%s", (_, flaw, says) => {
    expect(problemsOf(read({ ...minimal, ...flaw })).join("\n")).toContain(says);
  });

  test("all at once", () => {
    expect(problemsOf(read({ specversion: "1.0", subject: "", Ext: 1 }))).toHaveLength(5);
  });

  test("in the words of an old version, and not twice under two names", () => {
    const old = { cloudEventsVersion: "0.1", eventID: "", source: "/s", eventType: "a b" };
    expect(problemsOf(read(old)).map((problem) => problem.split(":", 1)[0])).toEqual([
      "event.eventID",
      "event.eventType",
    ]);
    const twice = { ...minimal, specversion: "0.2", schemaurl: "a", dataschema: "b" };
    expect(problemsOf(read(twice)).join()).toContain("event.dataschema: expected each attribute once");
  });
});
