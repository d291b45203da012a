// Patterns of names: `shop-*` is every name that begins with `shop-`. A `*` stands for any characters, none included. Matching takes
// one look at each part, whatever the pattern, so a hostile one costs nothing.
import type { Reader } from "./reader.ts";
import { listOf } from "./list.ts";
import { text } from "./text.ts";

/** As long as a name can be. */
const patternCharsMax = 63;
const patternsMax = 32;

export const namePattern: Reader<string> = text({
  expected: "the name of a workflow, or a pattern of names: letters, digits, dot, dash, underscore and *",
  fix: 'write one such as "shop-*"',
  charsMax: patternCharsMax,
  pattern: /^[A-Za-z0-9*][\w.*-]*$/,
});

export const namePatterns: Reader<readonly string[]> = (raw, at) =>
  listOf(namePattern, { noun: "patterns of names", itemsMax: patternsMax })(typeof raw === "string" ? [raw] : raw, at);

export function matchesPattern(pattern: string, name: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - at >= last.length && name.endsWith(last);
}

/** Whether the one matches every name that the other does: a `*` of the narrow one can only stand where the wide one has its own. */
export function patternCovers(wide: string, narrow: string): boolean {
  return matchesPattern(wide, narrow);
}
