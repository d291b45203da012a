// The matcher finds what looking at every filter would find, after any history of changes.
import { describe, expect, test } from "vitest";
import { createMatcher } from "../../controller/triggers/matcher.ts";
import type { EventSchedule } from "../../model/event-schedule.ts";
import type { Event } from "../../model/event.ts";

const event = (over: Partial<Event>): Event => ({
  id: "e",
  source: "/api",
  type: "event",
  tags: ["t"],
  value: "",
  timestamp: "2026-01-01T00:00:00.000Z",
  ...over,
});

/** As a person would read a filter, with no thought of speed. */
function asksFor({ tags, type, source }: EventSchedule, one: Event): boolean {
  if (!tags.every((tag) => one.tags.includes(tag))) return false;
  if (type !== undefined && !fits(type.split("."), one.type.split("."))) return false;
  if (source === undefined) return true;
  return source.endsWith("*") ? one.source.startsWith(source.slice(0, -1)) : source === one.source;
}

function fits([first, ...pattern]: readonly string[], words: readonly string[]): boolean {
  if (first === undefined) return words.length === 0;
  if (first === "#") return words.some((_, n) => fits(pattern, words.slice(n))) || fits(pattern, []);
  const [word, ...rest] = words;
  return word !== undefined && (first === "*" || first === word) && fits(pattern, rest);
}

describe("a filter that asks for", () => {
  const typed = (type: string): EventSchedule => ({ tags: [], type });
  const seed = typed("pylabs.event.crm.*.cancel.#");
  test.each<[string, EventSchedule, Partial<Event>, boolean]>([
    ["a tag", { tags: ["a"] }, { tags: ["b", "a"] }, true],
    ["all of its tags", { tags: ["a", "b"] }, { tags: ["a"] }, false],
    ["a type", typed("crm.order"), { type: "crm.order" }, true],
    ["a type, not a longer one", typed("crm.order"), { type: "crm.order.new" }, false],
    ["one word anywhere", typed("*.order"), { type: "crm.order" }, true],
    ["any words", typed("#"), { type: "a.b.c" }, true],
    ["any words at the end, also none", seed, { type: "pylabs.event.crm.operation.cancel" }, true],
    ["any words at the end", seed, { type: "pylabs.event.crm.operation.cancel.by.user" }, true],
    ["one word, not two", seed, { type: "pylabs.event.crm.user.operation.cancel" }, false],
    ["one word, not none", seed, { type: "pylabs.event.crm.cancel.operation.confirmed" }, false],
    ["a source", { tags: [], source: "/workflows/a" }, { source: "/workflows/a" }, true],
    ["the beginning of a source", { tags: [], source: "/workflows/*" }, { source: "/workflows/a" }, true],
    ["another source", { tags: [], source: "/workflows/*" }, { source: "/api" }, false],
    ["tag, type and source", { tags: ["a"], type: "x", source: "/api" }, { tags: ["a"], type: "x" }, true],
    ["tag and another type", { tags: ["a"], type: "x" }, { tags: ["a"], type: "y" }, false],
  ])("%s: %j, given %j: %j", (_, filter, one, expected) => {
    const matcher = createMatcher();
    matcher.set("w", filter);
    expect(matcher.matching(event(one))).toEqual(expected ? ["w"] : []);
    expect(asksFor(filter, event(one))).toBe(expected);
  });
});

test("thousands of random filters and events, with filters that change and go away in between", () => {
  const random = randomNumbers(7);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const some = <T>(from: readonly T[], max: number): T[] =>
    Array.from({ length: Math.floor(random() * (max + 1)) }, () => pick(from));
  const tags = ["a", "a:1", "a:2", "b", "b:1", "c", "d"];
  const words = ["x", "y", "z", "order"];
  const sources = ["/api", "/workflows/a", "/workflows/b", "/hooks/a"];
  const filter = (): EventSchedule => {
    const wanted = { tags: [...new Set(some(tags, 2))] };
    const type =
      random() < 0.6
        ? { type: Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick([...words, "*", "#"])).join(".") }
        : {};
    const source = random() < 0.4 ? { source: pick([...sources, "/workflows/*", "*"]) } : {};
    return { ...wanted, ...type, ...source };
  };
  const matcher = createMatcher();
  const filters = new Map<string, EventSchedule>();
  let hits = 0;
  for (let round = 0; round < 4_000; round++) {
    const name = `w${Math.floor(random() * 300)}`;
    const next = random() < 0.25 ? null : filter();
    matcher.set(name, next);
    if (next) filters.set(name, next);
    else filters.delete(name);
    const one = event({
      tags: ["t", ...new Set(some(tags, 4))],
      type: [pick(words), ...some(words, 3)].join("."),
      source: pick(sources),
    });
    const expected = [...filters].filter(([, asked]) => asksFor(asked, one)).map(([workflow]) => workflow);
    expect(matcher.matching(one).toSorted()).toEqual(expected.toSorted());
    hits += expected.length;
  }
  expect(hits).toBeGreaterThan(4_000);
});

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
