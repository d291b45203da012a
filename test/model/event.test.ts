import { expect, test } from "vitest";
import { parseEvent } from "../../model/event.ts";
import { problemsOf, valueOf } from "./parsed.ts";

const now = (): Date => new Date("2026-01-31T08:15:30.123Z");
const parsed = (raw: unknown): ReturnType<typeof parseEvent> => parseEvent(raw, now);

test("an event with nothing but a tag gets its defaults", () => {
  expect(valueOf(parsed({ tags: "a" }))).toStrictEqual({
    type: "event",
    tags: ["a"],
    value: "",
    timestamp: "2026-01-31T08:15:30.123Z",
  });
});

test.for<[tags: unknown, stored: string[]]>([
  ["a:b", ["a:b", "a"]],
  [
    ["x", "a:b", "a:c", "x"],
    ["x", "a:b", "a:c", "a"],
  ],
  [
    ["a", "a:b"],
    ["a", "a:b"],
  ],
  [
    ["a:b:c", ":d"],
    ["a:b:c", ":d", "a"],
  ],
  [["hello world"], ["hello world"]],
])("the tags %j are stored as %j", ([tags, stored]) => {
  expect(valueOf(parsed({ tags })).tags).toStrictEqual(stored);
});

test.for([null, 0, "", "x", true, [1, { a: null }], { a: { b: [] } }])("the value %j is kept", (value) => {
  expect(valueOf(parsed({ tags: "a", value })).value).toStrictEqual(value);
});

test.for([
  ["2026-01-31T08:15:30Z", "2026-01-31T08:15:30.000Z"],
  ["2026-01-31T08:15+01:00", "2026-01-31T07:15:00.000Z"],
  ["2026-01-31T08:15:30.123456Z", "2026-01-31T08:15:30.123Z"],
] as const)("the timestamp %s is stored as %s", ([timestamp, stored]) => {
  expect(valueOf(parsed({ tags: "a", timestamp })).timestamp).toBe(stored);
});

test.for(["my_type", "com.example/order-1", "a..b"])("the type %s is accepted", (type) => {
  expect(valueOf(parsed({ tags: "a", type })).type).toBe(type);
});

test.for<[what: string, raw: unknown, problem: string]>([
  [
    "no tags",
    { value: 1 },
    'event.tags: expected at least one tag, got nothing; add "tags:" with a tag or a list of tags',
  ],
  [
    "an empty list of tags",
    { tags: [] },
    'event.tags: expected at least one tag, got an empty list; add one, such as "hello"',
  ],
  ["10,000 tags", { tags: Array(10_000).fill("a") }, "event.tags: expected at most 64 tags, got 10000; leave out 9936"],
  [
    "an empty tag",
    { tags: ["a", ""] },
    'event.tags[1]: expected a tag: a text without control characters, got ""; write one such as "hello" or "workflows:hello"',
  ],
  [
    "a long tag",
    { tags: "a".repeat(257) },
    "event.tags: expected a tag: a text without control characters, at most 256 characters, got 257 characters; make it shorter",
  ],
  [
    "a control character",
    { tags: "a\nb" },
    'event.tags: expected a tag: a text without control characters, got "a\\nb"; write one such as "hello" or "workflows:hello"',
  ],
  [
    "a type with spaces",
    { tags: "a", type: "my type" },
    'event.type: expected an event type: letters, digits, underscore, dash, dot and slash, got "my type"; write one such as "my_type" or "com.example.order"',
  ],
  [
    "a value over the limit",
    { tags: "a", value: "x".repeat(262_143) },
    "event.value: expected at most 262144 bytes as JSON, got 262145 bytes; make it smaller",
  ],
  [
    "a timestamp before 1970",
    { tags: "a", timestamp: "1969-12-31T23:59:59Z" },
    'event.timestamp: expected an ISO 8601 instant from 1970 to 9999 such as "2026-01-31T08:15:30Z", got "1969-12-31T23:59:59Z"; write a date and time that exist',
  ],
  [
    "its own id",
    { tags: "a", id: "1" },
    "event.id: expected a field of an event (tags, type, value, timestamp), got an unknown field; remove it",
  ],
  [
    "a misspelt field",
    { tags: "a", valeu: 1 },
    'event.valeu: expected a field of an event (tags, type, value, timestamp), got an unknown field; write "value"',
  ],
])("an event with %s is refused", ([, raw, problem]) => {
  expect(problemsOf(parsed(raw))).toStrictEqual([problem]);
});

test("a value of a hundred thousand levels is refused and overflows no stack", () => {
  const value: unknown = JSON.parse("[".repeat(100_000) + "]".repeat(100_000));
  expect(problemsOf(parsed({ tags: "a", value }))[0]).toContain("more than 64 levels");
});
