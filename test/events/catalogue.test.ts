// The list of Drover's own events as a document: it is what the code says, and its examples are true to it.
import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { catalogue } from "../../controller/events/catalogue.ts";
import { entryOf, misfitsOf } from "../../controller/events/catalogue/entry.ts";
import { either, fields, list, misfit, orNull, words } from "../../controller/events/catalogue/shape.ts";
import { eventsText } from "../../scripts/events-text.ts";
import { expandTags } from "../../model/event.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

test("docs/events.md is made from the list (npm run events writes it)", () => {
  expect(read("docs/events.md")).toBe(eventsText());
});

test.each(catalogue.map((entry) => [`${entry.type} ${Object.keys(entry.kinds).join(" ")}`, entry] as const))(
  "the example of %s fits its entry, and is complete in its tags",
  (_, entry) => {
    const { type, example, sources } = entry;
    expect(entryOf({ type, tags: example.tags }, catalogue)).toBe(entry);
    expect(misfitsOf({ source: sources[0]?.replace("<workflow>", "w") ?? "", ...example }, entry)).toEqual([]);
    expect(expandTags(example.tags).toSorted()).toEqual(example.tags.toSorted());
  },
);

/** An event that the product makes is written as an object with its source and its type, or said through `emit` and `say`. */
test("every type that the code of controller and agent names as its own is on the list, and no other", () => {
  const files = globSync(["controller/**/*.ts", "agent/**/*.ts"], { cwd: root.pathname });
  const made =
    /\bsource\b[^;]{0,120}?\btype: "([\w.-]+)"|\b(?:emit|say)\(\s*"([\w.-]+)"|parseEvent\(\{ type: (kind)\b/g;
  const named = files
    .filter((file) => !file.includes("/catalogue"))
    .flatMap((file) => [...read(file).matchAll(made)].map(([, object, said, kind]) => object ?? said ?? kind ?? ""));
  const types = new Set(named.flatMap((type) => (type === "kind" ? ["manual", "webhook"] : [type])));
  expect([...types].toSorted()).toEqual([...new Set(catalogue.map(({ type }) => type))].toSorted());
});

describe("a value that does not fit its shape is told by the path of what is wrong", () => {
  const shape = fields({
    name: "text",
    "count?": "integer",
    of: list(orNull("instant")),
    kind: either(words("a"), "null"),
  });
  const good = { name: "x", count: 1, of: [null, "2026-01-01T00:00:00.000Z"], kind: "a" };
  test.each([
    ["nothing", good, null],
    ["a field that is left out", { ...good, count: undefined }, null],
    ["a field that is unknown", { ...good, secret: 1 }, "value.secret: expected no such field, got 1"],
    ["a field that is missing", { ...good, name: undefined }, "value.name: expected text, got nothing"],
    ["a number that is none", { ...good, count: 1.5 }, "value.count: expected integer, got 1.5"],
    ["an instant that is none", { ...good, of: ["today"] }, 'value.of[0]: expected instant, got "today"'],
    ["another word", { ...good, kind: "b" }, 'value.kind: expected "a", got "b"'],
    ["no object", [], "value: expected an object, got []"],
  ])("%s", (_, value, expected) => {
    expect(misfit(value, shape)).toBe(expected);
  });
});

test("an event with a tag too many, a tag too few, two kinds or another source does not fit", () => {
  const stop = catalogue.find(({ type }) => type === "stop");
  if (!stop) throw new Error("there is no stop");
  const event = { source: "/controller", tags: stop.example.tags, value: stop.example.value };
  expect(misfitsOf(event, stop)).toEqual([]);
  expect(misfitsOf({ ...event, tags: [...event.tags, "more"] }, stop)).toEqual(["tags: more is not listed"]);
  expect(misfitsOf({ ...event, tags: event.tags.filter((tag) => !tag.startsWith("workflows")) }, stop)).toEqual([
    "tags: workflows:<name> is listed and not there",
  ]);
  expect(misfitsOf({ ...event, source: "/api" }, stop)).toEqual(["source: /api is not listed"]);
});
