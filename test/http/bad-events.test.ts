// I7 at the edge where events come in: one answer that names every problem with its place and the fix, nothing stored, and the
// server goes on. What people and programs get wrong.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Edge, startEdge } from "./edge.ts";

let edge: Edge;
let url: string;
beforeAll(async () => {
  edge = await startEdge();
  url = await edge.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

const json = "application/json";
const ndjson = "application/x-ndjson";
const structured = "application/cloudevents+json";

type Sent = { readonly headers: Record<string, string>; readonly body: string | Uint8Array };
type Answer = { readonly status: number; readonly type: string; readonly body: Record<string, unknown> };

/** What is refused is not stored, and the next request is answered as ever. */
async function post({ headers, body }: Sent): Promise<Answer> {
  const before = edge.stored.length;
  const answer = await fetch(`${url}/api/v1/events`, { method: "POST", headers, body: Buffer.from(body) });
  const type = answer.headers.get("content-type") ?? "";
  expect(answer.status === 201 ? before : edge.stored.length).toBe(before);
  expect((await fetch(`${url}/api/v1/events`)).status).toBe(200);
  return { status: answer.status, type, body: (await answer.json()) as Record<string, unknown> };
}

function expectOneClearAnswer({ status, type, body }: Answer, says: RegExp): void {
  expect([status, type]).toEqual([400, "application/problem+json"]);
  expect(body).toMatchObject({ status: 400, detail: expect.stringMatching(says) });
  const text = expect.stringMatching(/./);
  for (const problem of (body["problems"] ?? []) as object[])
    expect(problem).toStrictEqual({ path: text, expected: text, got: text, fix: text });
}

const lines = (count: number, broken?: number): string =>
  Array.from({ length: count }, (_, n) => (n + 1 === broken ? '{"tags":' : '{"tags":"a"}')).join("\n");
const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");
const event = (fields: string): string => `{"tags":"a",${fields}}`;
const manyTags = JSON.stringify({ tags: Array.from({ length: 65 }, (_, n) => `t${n}`) });
const deep = `${"[".repeat(100)}${"]".repeat(100)}`;

describe("one clear answer, and nothing stored", () => {
  test.each<[string, string, string | Uint8Array, RegExp]>([
    ["nothing", json, "", /line 1, column 1: expected valid JSON, got the end of the text/],
    ["a number", json, "1", /event: expected an event: an object with tags/],
    ["null", json, "null", /event: expected an event: an object/],
    [
      "too large a whole number",
      json,
      event('"value":[1,12345678901234567890]'),
      /line 1, column 24: .*put it in quotes/,
    ],
    [
      "too large a number",
      json,
      event('"value":1e400'),
      /event\.value: .*got Infinity \(a number is at most 1\.8e308\)/,
    ],
    [
      "too large a number in a line",
      ndjson,
      `{"tags":"a"}\n${event('"value":-9007199254740993')}`,
      /line 2, column 21: /,
    ],
    ["no tags", json, "{}", /event\.tags: expected at least one tag, got nothing/],
    ["tags that are numbers", json, '{"tags":[1,{"a":1}]}', /event\.tags\[0\]: expected a tag.*got 1.* \(and 1 more\)/],
    ["tags that are an object", json, '{"tags":{"a":1}}', /event\.tags: expected at least one tag, got a object/],
    ["an empty tag", json, '{"tags":["a",""]}', /event\.tags\[1\]: expected a tag/],
    ["too many tags", json, manyTags, /event\.tags: expected at most 64 tags, got 65/],
    ["a NUL in a tag", json, '{"tags":"a\\u0000b"}', /event\.tags: expected a tag.*without control characters/],
    ["half of a surrogate pair in a tag", json, '{"tags":"\\ud800"}', /event\.tags: expected a tag/],
    ["a type that is a list", json, event('"type":["a"]'), /event\.type: expected an event type.*a list of 1/],
    ["a type with a space", json, event('"type":"a b"'), /event\.type: expected an event type/],
    ["a number without end", json, event('"value":{"a":[1e400]}'), /event\.value: expected a JSON value, got Infinity/],
    [
      "a value too deep",
      json,
      event(`"value":${deep}`),
      /event\.value: expected a JSON value, got more than 64 levels/,
    ],
    ["the year 0", json, event('"timestamp":"0000-01-01T00:00:00Z"'), /event\.timestamp: .*from 1970 to 9999/],
    ["the year 10000", json, event('"timestamp":"10000-01-01T00:00:00Z"'), /event\.timestamp: .*from 1970 to 9999/],
    ["the 30th of February", json, event('"timestamp":"2026-02-30T00:00:00Z"'), /event\.timestamp: expected/],
    ["a time in numbers", json, event('"timestamp":1767225600'), /event\.timestamp: expected/],
    ["an id of one's own", json, event('"id":"1"'), /event\.id: expected a field of an event.*an unknown field/],
    ["Latin-1", json, latin1('{"tags":"gr\u00fcn"}'), /body: expected text in UTF-8, got the byte 0xfc at offset 11/],
    ["a character cut in two", json, Buffer.from('{"tags":"ü').subarray(0, -1), /got the byte 0xc3 at offset 9/],
    ["UTF-16", json, Buffer.from("\ufeff{}", "utf16le"), /body: expected text in UTF-8, got the byte 0xff at offset 0/],
    ["Latin-1 in lines", ndjson, latin1('{"tags":"a"}\n{"tags":"\u00fc"}'), /byte 0xfc at offset 22/],
    ["Latin-1 in YAML", "application/x-yaml", latin1("tags: \u00fc"), /byte 0xfc at offset 6/],
    ["Latin-1 in a CloudEvent", structured, latin1('{"id":"\u00fc"}'), /byte 0xfc at offset 7/],
    ["a broken line 500 of 1,000", ndjson, lines(1_000, 500), /^line 500, column 9: expected valid JSON/],
    ["no line", ndjson, "\n \n", /body: expected at least one event/],
    ["an empty list", json, "[]", /body: expected at least one event/],
    ["a list in a list", json, '[[{"tags":"a"}]]', /event 1: expected an event: an object/],
    ["a bad one among good ones", json, '[{"tags":"a"},{"tags":7},{"tags":"a"}]', /^event 2\.tags: expected/],
  ])("%s", async (_, contentType, body, says) => {
    expectOneClearAnswer(await post({ headers: { "content-type": contentType }, body }), says);
  });

  test("all problems of many lines come in one answer, up to a bound", async () => {
    const body = Array.from({ length: 300 }, () => '{"tags":7}').join("\n");
    const answer = await post({ headers: { "content-type": ndjson }, body });
    expectOneClearAnswer(answer, /^line 1\.tags: .*\(and 99 more\)$/);
    expect(answer.body["problems"]).toHaveLength(100);
  });

  test("10,001 lines are too many, and a body over 1 MiB is too large", async () => {
    const many = await post({ headers: { "content-type": ndjson }, body: lines(10_001) });
    expect(many).toMatchObject({ status: 413, body: { detail: expect.stringContaining("more than 10000 events") } });
    const large = await post({ headers: { "content-type": ndjson }, body: lines(90_000) });
    expect(large).toMatchObject({ status: 413, body: { detail: expect.stringContaining("1048576 bytes") } });
  });

  test("a content type that nobody reads", async () => {
    expect((await post({ headers: { "content-type": "text/csv" }, body: "a,b" })).status).toBe(415);
  });
});

test("what JSON allows in a value is stored as it came: NUL, half a surrogate pair, the sign for what is unreadable, the largest number", async () => {
  const value =
    '{"nul":"\\u0000","half":"\\ud800","sign":"\ufffd","large":1.7976931348623157e308,"\\u0000":"__proto__"}';
  const { status, body } = await post({ headers: { "content-type": json }, body: `{"tags":"odd","value":${value}}` });
  expect([status, body["value"]]).toStrictEqual([201, JSON.parse(value)]);
  const [stored] = (await (await fetch(`${url}/api/v1/events?tag=odd`)).json()) as { value: unknown }[];
  expect(stored?.value).toStrictEqual(JSON.parse(value));
});

test("a byte order mark before JSON is none of it", async () => {
  expect((await post({ headers: { "content-type": json }, body: '\ufeff{"tags":"a"}' })).status).toBe(201);
});
