import { describe, expect, test } from "vitest";
import { topicMatcher, topicPattern } from "../../model/topic-pattern.ts";
import { problemsOf, valueOf } from "./parsed.ts";

const seed = "pylabs.event.crm.*.cancel.#";

test.for<[pattern: string, text: string, expected: boolean]>([
  [seed, "pylabs.event.crm.operation.cancel", true],
  [seed, "pylabs.event.crm.operation.cancel.by.user", true],
  [seed, "pylabs.event.crm.user.operation.cancel", false],
  [seed, "pylabs.event.crm.cancel.operation.confirmed", false],
  ["order", "order", true],
  ["order", "order.paid", false],
  ["order.#", "order", true],
  ["order.#", "orders", false],
  ["order.*", "order", false],
  ["order.*", "order.paid", true],
  ["order.*", "order.paid.late", false],
  ["order.*", "order.", true],
  ["#.paid", "paid", true],
  ["#.paid", "order.paid", true],
  ["#.paid", "order.unpaid", false],
  ["*", "", true],
  ["#", "a..b", true],
  ["a.*.b", "a..b", true],
  ["a.b", "a..b", false],
  ["#.a.#.b.#", "x.a.y.z.b", true],
  ["#.a.#.b.#", "b.a", false],
  ["a.#.a", "a", false],
  ["a.#.a", "a.a", true],
  ["*.#.*", "a", false],
  ["com.example/order.*", "com.example/order.1", true],
  ["*.b", "a/b.b", true],
  ["a.*", "a/b", false],
])("%s against %j: %j", ([pattern, text, expected]) => {
  expect(valueOf(topicPattern(pattern, "type"))).toBe(pattern);
  expect(topicMatcher(pattern)(text)).toBe(expected);
});

test("every short pattern agrees with the definition, for every short text", () => {
  const texts = sequences(["a", "b", ""], 4).filter((words) => words.length > 0);
  const different: string[] = [];
  for (const pattern of sequences(["a", "b", "*", "#"], 5)) {
    if (pattern.length === 0) continue;
    const matches = topicMatcher(pattern.join("."));
    for (const words of texts) {
      const text = words.join(".");
      if (matches(text) !== matchesByDefinition(pattern, words)) different.push(`${pattern.join(".")} against ${text}`);
    }
  }
  expect(different).toStrictEqual([]);
});

test("a pattern of many # is answered at once for a text that does not match", () => {
  const matches = topicMatcher("#.a.".repeat(32) + "b");
  const text = Array(20_000).fill("a").join(".");
  const startMs = performance.now();
  expect(matches(text)).toBe(false);
  expect(performance.now() - startMs).toBeLessThan(1_000);
});

describe("refused", () => {
  const whole = "* and # in place of whole words between dots";
  const pattern = "a pattern of event types: letters, digits, underscore, dash, dot, slash, and * or # for words";

  test.for<[raw: unknown, problem: string]>([
    ["a*.b", `type: expected ${whole}, got "a*"; write "*.b"`],
    ["a.b#", `type: expected ${whole}, got "b#"; write "a.#"`],
    ["a.**.b", `type: expected ${whole}, got "**"; write "a.*.b"`],
    ["a b", `type: expected ${pattern}, got "a b"; write one such as "my_type", "order.*" or "order.#"`],
    ["", `type: expected ${pattern}, got ""; write one such as "my_type", "order.*" or "order.#"`],
    [5, `type: expected ${pattern}, got 5; put it in quotes: "5"`],
  ])("%j", ([raw, problem]) => {
    expect(problemsOf(topicPattern(raw, "type"))).toStrictEqual([problem]);
  });
});

/** The definition itself, exponential and all. */
function matchesByDefinition(pattern: readonly string[], words: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return words.length === 0;
  if (first === "#") {
    return matchesByDefinition(rest, words) || (words.length > 0 && matchesByDefinition(pattern, words.slice(1)));
  }
  const fits = words.length > 0 && (first === "*" || first === words[0]);
  return fits && matchesByDefinition(rest, words.slice(1));
}

function sequences(alphabet: readonly string[], lengthMax: number): string[][] {
  if (lengthMax === 0) return [[]];
  const shorter = sequences(alphabet, lengthMax - 1);
  const longest = shorter.filter((sequence) => sequence.length === lengthMax - 1);
  return [...shorter, ...longest.flatMap((sequence) => alphabet.map((word) => [...sequence, word]))];
}
