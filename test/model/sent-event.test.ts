// Whose an event is, and which one: in Drover's own shape or as a CloudEvent.
import { expect, test } from "vitest";
import { parseEvent } from "../../model/event.ts";
import { parseSentEvent } from "../../model/sent-event.ts";
import { problemsOf, valueOf } from "./parsed.ts";

const now = (): Date => new Date("2026-05-01T00:00:00Z");
const minimal = { specversion: "1.0", id: "e-1", source: "https://example.com", type: "com.example.made" };
const person = { workflow: null, now };
const code = { workflow: "hello", now };

test("a person's source is kept", () => {
  expect(valueOf(parseSentEvent(minimal, person)).source).toBe("https://example.com");
  expect(valueOf(parseSentEvent({ tags: "a" }, person)).source).toBe("/api");
});

test.each(["/controller", "/controller/x", "/workflows/hello", "/workflows", "/hooks/a", "/manual/a", "/replay/a"])(
  "the source %s is refused to a person",
  (source) => {
    const problems = problemsOf(parseSentEvent({ ...minimal, source }, person));
    expect(problems).toEqual([expect.stringContaining("event.source: expected a source that is not Drover's own")]);
  },
);

test("a workflow stays the source of what its code sends; what the code says is an attribute", () => {
  const { source, attributes } = valueOf(parseSentEvent({ ...minimal, source: "/controller" }, code));
  expect([source, attributes]).toStrictEqual(["/workflows/hello", { id: "e-1", source: "/controller" }]);
  const own = valueOf(parseSentEvent({ ...minimal, source: "/workflows/hello" }, code));
  expect(own.attributes).toStrictEqual({ id: "e-1" });
});

test("its id follows from source, id and, for code, the workflow", () => {
  const idOf = (sent: object, sender: { workflow: string | null; now: () => Date } = person) =>
    valueOf(parseSentEvent({ ...minimal, ...sent }, sender)).id;
  const ids = [
    idOf({}),
    idOf({}, code),
    idOf({}, { workflow: "other", now }),
    idOf({ source: "a", id: "b/c" }),
    idOf({ source: "a/b", id: "c" }),
  ];
  expect(new Set(ids).size).toBe(5);
  expect(idOf({ type: "another" })).toBe(ids[0]);
  expect(valueOf(parseSentEvent({ tags: "a" }, person)).id).toBeUndefined();
});

test("code cannot send what the history of runs is made of, in either shape", () => {
  for (const raw of [
    { tags: "a", type: "run" },
    { ...minimal, type: "slot" },
  ])
    expect(problemsOf(parseSentEvent(raw, code)).join()).toContain("are Drover's own");
});

test("an event in Drover's own shape is never taken for a CloudEvent", () => {
  expect(problemsOf(parseSentEvent({ tags: "a", event: {} }, person))).toEqual(
    problemsOf(parseEvent({ tags: "a", event: {} }, now)),
  );
});
