// Topic patterns, as AMQP 0-9-1 has them: words between dots, `*` for exactly one word, `#` for any number of words, also none.
//
//   P1. A word of the text may be empty (`a..b` has three) and may contain anything but a dot, a slash too.
//   P2. Matching never goes back over a `#`: between two of them the first place that fits is as good as any later one, so a match
//       takes at most words of the text × words of the pattern, whatever the pattern.
import { eventTypeCharsMax } from "./event-limits.ts";
import { accepted, refused } from "./problem.ts";
import { type Reader, refine } from "./reader.ts";
import { shown } from "./shown.ts";
import { text } from "./text.ts";

/** `a.*.cancel.#`, or an event type as it is. */
export const topicPattern: Reader<string> = refine(
  text({
    expected: "a pattern of event types: letters, digits, underscore, dash, dot, slash, and * or # for words",
    fix: 'write one such as "my_type", "order.*" or "order.#"',
    charsMax: eventTypeCharsMax,
    pattern: /^[A-Za-z0-9_./*#-]+$/,
  }),
  (pattern, at) => {
    const half = pattern.split(".").find((word) => word.length > 1 && /[*#]/.test(word));
    if (half === undefined) return accepted(pattern);
    const expected = "* and # in place of whole words between dots";
    return refused({ path: at, expected, got: shown(half), fix: `write ${shown(wholeWords(pattern))}` });
  },
);

/** What was probably meant: `a.b#` is `a.#`, `a*.b` is `*.b`. */
function wholeWords(pattern: string): string {
  const words = pattern.split(".").map((word) => (word.includes("#") ? "#" : word.includes("*") ? "*" : word));
  return words.join(".");
}

/** Whether a text matches the pattern, which topicPattern has accepted. */
export function topicMatcher(pattern: string): (text: string) => boolean {
  const words = pattern.split(".");
  const wildcard = words.findIndex(isWildcard);
  if (wildcard < 0) return (given) => given === pattern;
  // Most texts differ from most patterns near their beginning, so they need not be split.
  const beginning = words.slice(0, wildcard).join(".");
  const matches = wordMatcher(words);
  return (given) => given.startsWith(beginning) && matches(given.split("."));
}

type Words = readonly string[];

function wordMatcher(pattern: Words): (words: Words) => boolean {
  const [head = [], ...rest] = partsBetweenHashes(pattern);
  const tail = rest.at(-1);
  if (tail === undefined) return (words) => words.length === head.length && fits(head, words, 0);
  const middle = rest.slice(0, -1);
  const wordsMin = pattern.filter((word) => word !== "#").length;

  return (words) => {
    const tailAt = words.length - tail.length;
    if (words.length < wordsMin || !fits(head, words, 0) || !fits(tail, words, tailAt)) return false;
    let at = head.length;
    for (const part of middle) {
      while (at + part.length <= tailAt && !fits(part, words, at)) at++;
      at += part.length;
      if (at > tailAt) return false;
    }
    return true;
  };
}

/** `a.#.b.#` gives `[[a], [b], []]`. */
function partsBetweenHashes(pattern: Words): Words[] {
  const parts: string[][] = [[]];
  for (const word of pattern) {
    if (word === "#") parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts;
}

function fits(part: Words, words: Words, at: number): boolean {
  return part.every((word, index) => word === "*" || word === words[at + index]);
}

function isWildcard(word: string): boolean {
  return word === "*" || word === "#";
}
