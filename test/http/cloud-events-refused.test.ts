// What is sent as a CloudEvent and is none: one answer in the sender's own words, and nothing stored.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, startEdge } from "./edge.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

const structured = "application/cloudevents+json";
const batch = "application/cloudevents-batch+json";
const attributes = { specversion: "1.0", type: "com.example.someevent", source: "/mycontext/subcontext" };
const asHeaders = (event: object): Record<string, string> =>
  Object.fromEntries(Object.entries(event).map(([name, value]) => [`ce-${name}`, String(value)]));
const post = (headers: Record<string, string>, payload: string) =>
  edge.app.inject({ method: "POST", url: "/api/v1/events", headers, payload });

test.each<[string, Record<string, string>, string, RegExp]>([
  ["binary mode without ce-id", asHeaders(attributes), "", /ce-id.*got nothing/],
  ["binary mode without a version", { "ce-id": "1", "ce-type": "t", "ce-source": "/s" }, "", /ce-specversion.*"1\.0"/],
  [
    "an unknown version in headers",
    asHeaders({ ...attributes, id: "1", specversion: "1.1" }),
    "",
    /ce-specversion.*got "1\.1"/,
  ],
  [
    "an unknown version",
    { "content-type": structured },
    JSON.stringify({ ...attributes, id: "1", specversion: "2" }),
    /specversion/,
  ],
  [
    "no version",
    { "content-type": structured },
    JSON.stringify({ id: "1", type: "t", source: "/s" }),
    /specversion.*got nothing/,
  ],
  ["a list as one event", { "content-type": structured }, "[]", /cloudevents-batch\+json/],
  ["one event as a batch", { "content-type": batch }, "{}", /application\/cloudevents\+json/],
  ["JSON that is none", { "content-type": structured }, '{"a"', /line 1, column 5/],
  [
    "data that are no JSON",
    { ...asHeaders({ ...attributes, id: "1" }), "content-type": "application/json" },
    "{",
    /line 1, column 2/,
  ],
  [
    "no source",
    { "content-type": structured },
    JSON.stringify({ specversion: "1.0", id: "1", type: "t" }),
    /event\.source.*write one such as "\/shop"/,
  ],
  [
    "Drover's own source",
    { "content-type": structured },
    JSON.stringify({ ...attributes, id: "1", source: "/workflows/a" }),
    /event\.source.*Drover's own/,
  ],
  [
    "Drover's own source in headers",
    asHeaders({ ...attributes, id: "1", source: "/controller" }),
    "",
    /ce-source.*Drover's own/,
  ],
])("%s", async (_, headers, body, says) => {
  const answer = await post(headers, body);
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([400, "application/problem+json"]);
  expect(answer.json<{ detail: string }>().detail).toMatch(says);
  expect(edge.stored).toEqual([]);
});

test("an event format that nobody reads", async () => {
  const answer = await post({ "content-type": "application/cloudevents+avro" }, "x");
  expect(answer.statusCode).toBe(415);
  expect(answer.json<{ detail: string }>().detail).toContain("application/cloudevents+json");
});
