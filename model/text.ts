// Readers of texts and of words from a fixed set.
import { nearest } from "./nearest.ts";
import { accepted, refused } from "./problem.ts";
import { type Reader, type Wanted, mismatch } from "./reader.ts";
import { shown } from "./shown.ts";

export type TextRule = Wanted & { readonly charsMax: number; readonly pattern?: RegExp };

/** A text within a length that fits a pattern. Numbers are refused, since YAML has already changed them (`1.10` is 1.1). */
export function text(rule: TextRule): Reader<string> {
  return (raw, at) => {
    if (typeof raw === "number" || typeof raw === "boolean") {
      return mismatch(at, raw, { ...rule, fix: `put it in quotes: "${raw}"` });
    }
    if (typeof raw !== "string" || raw === "") return mismatch(at, raw, rule);
    if (raw.length > rule.charsMax) {
      const expected = `${rule.expected}, at most ${rule.charsMax} characters`;
      return refused({ path: at, expected, got: `${raw.length} characters`, fix: "make it shorter" });
    }
    return rule.pattern && !rule.pattern.test(raw) ? mismatch(at, raw, rule) : accepted(raw);
  };
}

/** One of the words on the left; what is read is the value on its right. */
export function word<T>(meanings: ReadonlyMap<string, T>): Reader<T> {
  const words = [...meanings.keys()];
  const expected = wordList(words);
  return (raw, at) => {
    const meaning = typeof raw === "string" ? meanings.get(raw) : undefined;
    if (meaning !== undefined) return accepted(meaning);
    const meant = typeof raw === "string" ? nearest(raw, words) : null;
    return mismatch(at, raw, { expected, fix: `write ${shown(meant ?? words[0])}` });
  };
}

/** One of the words, as it is. */
export function oneOf<T extends string>(...words: readonly T[]): Reader<T> {
  return word(new Map(words.map((one) => [one, one])));
}

/** `"a"`, `"a" or "b"`, `"a", "b" or "c"`. */
function wordList(words: readonly string[]): string {
  const quoted = words.map(shown);
  const last = quoted.at(-1) ?? "";
  return quoted.length < 2 ? last : `${quoted.slice(0, -1).join(", ")} or ${last}`;
}
