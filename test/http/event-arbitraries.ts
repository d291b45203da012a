// Requests that store events, as fast-check makes them up: from any bytes to what is nearly right.
import * as fc from "fast-check";

export type Sent = { readonly headers: Record<string, string>; readonly body: string | Uint8Array };

const jsonTypes = ["application/json", "application/x-ndjson", "application/cloudevents+json"];
const types = fc.constantFrom(
  ...jsonTypes,
  ...jsonTypes,
  "application/cloudevents-batch+json; charset=UTF-8",
  "application/x-yaml",
  "text/plain",
  "application/octet-stream",
);
const headersOfType = types.map((type): Record<string, string> => ({ "content-type": type }));

const words = [
  "a",
  "",
  "\0",
  "\ud800",
  "ü",
  "%",
  "%zz",
  "1.0",
  "0.1",
  "/s",
  "/controller",
  "run",
  "AP8=",
  "text/plain",
];
const text = fc.oneof(fc.constantFrom(...words, "2026-01-01T00:00:00Z"), fc.string({ unit: "binary", maxLength: 300 }));
const value = fc.oneof(text, fc.jsonValue(), fc.double(), fc.constantFrom(null, true, 1e21, -0, [], {}));

const own = ["tags", "type", "value", "timestamp", "id"];
const core = ["source", "time", "specversion", "data", "data_base64", "subject", "datacontenttype", "dataschema"];
const old = ["cloudEventsVersion", "eventType", "extensions", "datacontentencoding", "schemaurl", "event"];
const odd = ["hops", "runid", "senderid", "ext", "__proto__", "constructor", "toString"];
const field = fc.constantFrom(...own, ...core, ...old, ...odd);

const right = fc.oneof(
  fc.constant<object>({ tags: "fuzz" }),
  text.map((id): object => ({ specversion: "1.0", id, source: "/fuzz", type: "t" })),
  fc.nat().map((id): object => ({ cloudEventsVersion: "0.1", eventID: `${id}`, source: "/fuzz", eventType: "t" })),
);
/** An event with some fields replaced, added or left out. */
const nearEvent = fc
  .tuple(right, fc.array(fc.tuple(field, fc.option(value, { nil: undefined })), { maxLength: 3 }))
  .map(([event, changes]): object => Object.fromEntries([...Object.entries(event), ...changes]));
const nearText = fc.oneof(
  nearEvent.map((event) => JSON.stringify(event)),
  nearEvent.map((event) => JSON.stringify({ event })),
  fc.array(nearEvent, { maxLength: 5 }).map((events) => JSON.stringify(events)),
  fc.array(nearEvent, { maxLength: 5 }).map((events) => events.map((event) => JSON.stringify(event)).join("\n")),
);

const headerChar = fc.integer({ min: 32, max: 255 }).filter((code) => code !== 127);
const headerText = fc.oneof(
  fc.constantFrom("1.0", "0.1", "/s", "t", "%41", "%", '"a\\"b"', "application/cloudevents+json", "application/x-yaml"),
  fc.array(headerChar, { maxLength: 60 }).map((codes) => String.fromCharCode(...codes)),
);
const headerName = fc.constantFrom(
  ...["specversion", "id", "source", "type", "time", "tags", "ext", "x-y", "eventid", "__proto__"].map(
    (name) => `ce-${name}`,
  ),
  "idempotency-key",
  "accept",
);
const minimal = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t" };
const anyHeaders = fc
  .tuple(fc.constantFrom({}, minimal), fc.dictionary(headerName, headerText, { maxKeys: 4 }), headersOfType)
  .map((all): Record<string, string> => Object.assign({}, ...all) as Record<string, string>);

export const anyBytes: fc.Arbitrary<Sent> = fc.record({
  headers: headersOfType,
  body: fc.uint8Array({ maxLength: 500 }),
});
export const anyJson: fc.Arbitrary<Sent> = fc.record({ headers: headersOfType, body: fc.json() });
export const nearlyEvents: fc.Arbitrary<Sent> = fc.record({ headers: headersOfType, body: nearText });
export const anyHeadersAtAll: fc.Arbitrary<Sent> = fc.record({
  headers: anyHeaders,
  body: fc.oneof(nearText, fc.constantFrom("", "1"), fc.uint8Array({ maxLength: 50 })),
});
