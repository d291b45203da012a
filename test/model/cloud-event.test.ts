import { expect, test } from "vitest";
import { fromCloudEvent, toCloudEvent } from "../../model/cloud-event.ts";
import type { Event } from "../../model/event.ts";

const event: Event = {
  id: "1",
  source: "/workflows/hello",
  type: "my_type",
  tags: ["a,b", "100%", "%2C", "x:y", "x"],
  value: { a: [1, null] },
  timestamp: "2026-01-31T08:15:30.123Z",
  run: "r",
  cause: "c",
  hops: 2,
};

test("an event travels as CloudEvents 1.0", () => {
  expect(JSON.parse(toCloudEvent(event, "hello"))).toStrictEqual({
    specversion: "1.0",
    id: "1",
    source: "/workflows/hello",
    type: "my_type",
    time: "2026-01-31T08:15:30.123Z",
    datacontenttype: "application/json",
    tags: "a%2Cb,100%25,%252C,x:y,x",
    runid: "r",
    workflow: "hello",
    cause: "c",
    hops: 2,
    data: { a: [1, null] },
  });
});

test("what comes back is what went in, as text and as bytes", () => {
  const { id, source, type, tags, value, timestamp } = event;
  const plain = { id, source, type, tags, value, timestamp };
  for (const sent of [event, plain, { ...plain, value: null }, { ...plain, value: "" }]) {
    expect(fromCloudEvent(toCloudEvent(sent, null), "-")).toStrictEqual(sent);
    expect(fromCloudEvent(Buffer.from(toCloudEvent(sent, "hello")), "hello")).toStrictEqual(sent);
  }
});

test("a source is believed only of the controller", () => {
  const forged = toCloudEvent({ ...event, source: "/controller" }, null);
  expect(fromCloudEvent(forged, "hello")?.source).toBe("/workflows/hello");
  expect(fromCloudEvent(forged, "-")?.source).toBe("/controller");
});

test("another publisher's instant is made canonical", () => {
  const json = toCloudEvent({ ...event, timestamp: "2026-01-31T08:15:30+01:00" }, null);
  expect(fromCloudEvent(json, "-")?.timestamp).toBe("2026-01-31T07:15:30.000Z");
});

test.for(["", "null", "[]", "{", '{"specversion":"1.0"}', "\u0000"])("%j is no event", (json) => {
  expect(fromCloudEvent(json, "hello")).toBeNull();
});

test.for<Record<string, unknown>>([
  { specversion: "0.3" },
  { id: "" },
  { id: 1 },
  { type: "a b" },
  { type: "a".repeat(129) },
  { time: "soon" },
  { tags: "" },
  { tags: ["a"] },
  { source: 1 },
])("an event with %j is none", (flaw) => {
  const raw = { ...JSON.parse(toCloudEvent(event, null)), ...flaw };
  expect(fromCloudEvent(JSON.stringify(raw), "-")).toBeNull();
});
