// For any event: what went onto the wire comes back, and what goes out as a CloudEvent comes in again as the same event.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cloudEventForReaders } from "../../model/cloud-event-output.ts";
import { fromCloudEvent, toCloudEvent } from "../../model/cloud-event.ts";
import { type Event, expandTags } from "../../model/event.ts";
import { parseSentEvent } from "../../model/sent-event.ts";
import { valueOf } from "./parsed.ts";

const word = (charsMax: number) =>
  fc.string({ unit: "binary", minLength: 1, maxLength: charsMax }).filter((text) => /^[^\p{Cc}\p{Cs}]+$/u.test(text));
const anyType = fc.stringMatching(/^[A-Za-z0-9_./-]{1,40}$/);
const anyValue = fc.jsonValue({ maxDepth: 4 }).map((json): unknown => JSON.parse(JSON.stringify(json)));
const anyTime = fc
  .date({ min: new Date("1970-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true })
  .map((date) => date.toISOString());
const attribute = fc.oneof(word(40), fc.boolean(), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
const ours = ["source", "runid", "workflow", "cause", "hops", "sender", "senderid", "constructor", "valueof"];
const core = new Set([
  "id",
  "type",
  "time",
  "data",
  "tags",
  "specversion",
  "subject",
  "dataschema",
  "datacontenttype",
  "datacontentencoding",
]);
const name = fc.oneof(fc.constantFrom(...ours), fc.stringMatching(/^[a-z0-9]{1,20}$/)).filter((one) => !core.has(one));
const extensions = fc
  .dictionary(name, attribute, { maxKeys: 6 })
  .map((found): object => Object.fromEntries(Object.entries(found)));
const kinds = fc.constantFrom(
  {},
  { subject: "a b" },
  { datacontenttype: "text/plain" },
  { dataschema: "x:y", datacontenttype: "a/b" },
);
const bytes = fc.uint8Array({ maxLength: 20 }).map((found) => Buffer.from(found).toString("base64"));

const anyEvent: fc.Arbitrary<Event> = fc
  .record({
    id: word(40),
    source: word(40),
    type: anyType,
    tags: fc.array(word(20), { minLength: 1, maxLength: 5 }).map(expandTags),
    timestamp: anyTime,
    run: fc.option(word(20), { nil: undefined }),
    hops: fc.option(fc.nat(), { nil: undefined }),
    attributes: fc.option(fc.tuple(word(40), extensions, kinds), { nil: undefined }),
    data: fc.oneof({ weight: 3, arbitrary: anyValue }, bytes),
    binary: fc.boolean(),
  })
  .map(eventOf);

type Parts = Pick<Event, "id" | "source" | "type" | "tags" | "timestamp"> & {
  readonly run: string | undefined;
  readonly hops: number | undefined;
  readonly attributes: readonly [id: string, extensions: object, kinds: object] | undefined;
  readonly data: unknown;
  readonly binary: boolean;
};

function eventOf({ run, hops, attributes, data, binary, ...fields }: Parts): Event {
  const plain = { ...fields, value: data, ...(run !== undefined && { run }), ...(hops !== undefined && { hops }) };
  if (attributes === undefined) return plain;
  const [id, ext, kind] = attributes;
  const encoding = binary && typeof data === "string" && { datacontentencoding: "base64" };
  return { ...plain, attributes: { id, ...ext, ...kind, ...encoding } };
}

test("what comes back from the wire is what went in", () => {
  fc.assert(
    fc.property(anyEvent, (sent) => {
      expect(fromCloudEvent(toCloudEvent(sent, null), "-")).toStrictEqual(sent);
      expect(fromCloudEvent(Buffer.from(toCloudEvent(sent, null)), "-")).toStrictEqual(sent);
    }),
    { numRuns: 500 },
  );
});

const person = { workflow: null, now: () => new Date() };
const isOurs = /^\/(?:controller|workflows|hooks|manual|replay)/;
const hasOurs = (attributes: object): boolean =>
  Object.keys(attributes).some((one) => /^(?:source|runid|workflow|cause|hops|sender.*)$/.test(one));

test("what a CloudEvent's sender gave comes in again as it went out", () => {
  fc.assert(
    fc.property(anyEvent, ({ type, tags, value, timestamp, source, attributes }) => {
      fc.pre(attributes !== undefined && !hasOurs(attributes) && !isOurs.test(source));
      fc.pre(attributes["datacontentencoding"] === undefined || isBase64(value));
      const sent = { type, tags, value, timestamp, source, attributes };
      const out: unknown = JSON.parse(JSON.stringify(cloudEventForReaders({ ...sent, id: "drover" })));
      expect(valueOf(parseSentEvent(out, person))).toStrictEqual({ ...sent, id: expect.any(String) });
    }),
    { numRuns: 500 },
  );
});

test("whatever another publisher wrote is no event, or one that travels on as it was read", () => {
  const names = [
    "id",
    "source",
    "type",
    "time",
    "tags",
    "data",
    "data_base64",
    "datacontenttype",
    "datacontentencoding",
  ];
  const field = fc.constantFrom(
    ...names,
    "runid",
    "cause",
    "hops",
    "senderid",
    "sender",
    "sendersource",
    "ext",
    "__proto__",
  );
  const minimal = { specversion: "1.0", id: "1", source: "/s", type: "t", time: "2026-01-01T00:00:00Z", tags: "a" };
  const given = fc.oneof(
    anyValue,
    word(20),
    fc.constantFrom("base64", "AP8=", "%2c,%", "text/plain", -1, 1.5, "+010000-01-01T00:00:00Z"),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(field, given), { maxLength: 5 }), (changes) => {
      const json = JSON.stringify(Object.fromEntries([...Object.entries(minimal), ...changes]));
      const read = fromCloudEvent(json, "-");
      expect(read && fromCloudEvent(toCloudEvent(read, null), "-")).toStrictEqual(read);
    }),
    { numRuns: 2_000 },
  );
  expect(fromCloudEvent(JSON.stringify(minimal), "-")).not.toBeNull();
});

function isBase64(text: unknown): boolean {
  return typeof text === "string" && Buffer.from(text, "base64").toString("base64") === text;
}
