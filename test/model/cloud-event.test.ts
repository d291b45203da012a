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

test("what a sender gave stands beside, and under names of Drover's own behind a prefix", () => {
  const attributes = { id: "s-1", subject: "x", runid: "claimed", senderid: "claimed", ext: 1, flag: false };
  const sent = { ...event, attributes };
  const wire = JSON.parse(toCloudEvent(sent, "hello")) as Record<string, unknown>;
  expect(wire).toMatchObject({
    id: "1",
    runid: "r",
    senderid: "s-1",
    senderrunid: "claimed",
    sendersenderid: "claimed",
  });
  expect(wire).toMatchObject({ subject: "x", ext: 1, flag: false });
  expect(fromCloudEvent(JSON.stringify(wire), "hello")).toStrictEqual(sent);
});

test("data that are not JSON say what they are, and bytes are data_base64", () => {
  const attributes = { id: "s-1", datacontenttype: "image/png", datacontentencoding: "base64" };
  const sent = { ...event, value: "AP8=", attributes };
  const wire = JSON.parse(toCloudEvent(sent, null)) as Record<string, unknown>;
  expect(wire).toMatchObject({ datacontenttype: "image/png", data_base64: "AP8=" });
  expect(wire).not.toHaveProperty("data");
  expect(wire).not.toHaveProperty("datacontentencoding");
  expect(fromCloudEvent(JSON.stringify(wire), "-")).toStrictEqual({ ...sent, source: "/workflows/hello" });
});

test("what another publisher wrote beside and is no attribute is left out", () => {
  const raw = {
    ...JSON.parse(toCloudEvent(event, null)),
    Ext: 1,
    big: 1.5,
    deep: {},
    senderid: "",
    long: "x".repeat(3_000),
  };
  expect(fromCloudEvent(JSON.stringify(raw), "-")).toStrictEqual(event);
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
  { time: "2026-99-99T99:99:99.999Z" },
  { tags: "" },
  { tags: ["a"] },
  { source: 1 },
])("an event with %j is none", (flaw) => {
  const raw = { ...JSON.parse(toCloudEvent(event, null)), ...flaw };
  expect(fromCloudEvent(JSON.stringify(raw), "-")).toBeNull();
});
