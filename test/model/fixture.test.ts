import { expect, test } from "vitest";
import { fixtureEventsMax, parseFixture } from "../../model/fixture.ts";
import { problemText } from "../../model/problem.ts";
import { valueOf } from "./parsed.ts";

const now = new Date("2030-01-01T00:00:00.000Z");
const read = (raw: unknown) => parseFixture(raw, "events", now);
const problems = (raw: unknown): string[] => {
  const parsed = read(raw);
  return parsed.ok ? [] : parsed.problems.map(problemText);
};

test("an event as the API shows it is read as it is, also with as many tags as an event can have when it is stored", () => {
  const stored = {
    id: "e-1",
    source: "/workflows/a",
    type: "order",
    tags: Array.from({ length: 64 }, (_, n) => [`t${n}:x`, `t${n}`]).flat(),
    value: { n: 1 },
    timestamp: "2026-03-01T09:00:00.000Z",
    run: "r-1",
    cause: "e-0",
    hops: 2,
    attributes: { subject: "s", count: 1, flag: true },
  };
  expect(valueOf(read([stored]))).toEqual([stored]);
});

test("an event that is written by hand needs no more than a tag; what is left out is the same every time", () => {
  const made = { source: "/api", type: "event", value: "", timestamp: now.toISOString() };
  expect(valueOf(read([{ tags: "a:b" }, { tags: ["c"] }]))).toEqual([
    { ...made, id: "fixture-1", tags: ["a:b", "a"] },
    { ...made, id: "fixture-2", tags: ["c"] },
  ]);
});

test("one event by itself is a fixture", () => {
  expect(valueOf(read({ tags: ["a"], value: null }))).toMatchObject([{ id: "fixture-1", value: null }]);
});

test("everything that is wrong is named with its place", () => {
  const bad = [
    { tags: [], id: "" },
    { tags: ["a"], hops: -1, typ: "x" },
    { tags: ["a"], attributes: { nested: {} } },
  ];
  expect(problems(bad)).toEqual([
    expect.stringContaining("events[0].id: expected the id of an event"),
    expect.stringContaining("events[0].tags: expected at least one tag, got an empty list"),
    expect.stringContaining("events[1].hops: expected hops: a whole number from 0"),
    expect.stringContaining("events[1].typ: expected a field of an event of a fixture"),
    expect.stringContaining("events[2].attributes: expected an object of texts, numbers and booleans"),
  ]);
});

test("none, too many and too large are refused", () => {
  expect(problems([])).toEqual([expect.stringContaining("expected at least one event")]);
  expect(problems(Array.from({ length: fixtureEventsMax + 1 }, () => ({ tags: ["a"] })))).toEqual([
    expect.stringContaining(`expected at most ${fixtureEventsMax} events`),
  ]);
  const large = { tags: ["a"], value: "x".repeat(200_000) };
  expect(problems(Array.from({ length: 6 }, () => large))).toEqual([expect.stringContaining("bytes as JSON")]);
});
