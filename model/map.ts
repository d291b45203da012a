// Readers of objects whose keys are free, such as environment variables and ports.
import { type Parsed, type Problem, accepted, refused } from "./problem.ts";
import { type Reader, fieldPath, isObject, mismatch } from "./reader.ts";
import { shownKind } from "./shown.ts";
import { text } from "./text.ts";

const entriesMax = 256;
const keyCharsMax = 128;
const valueCharsMax = 65_536;

export type MapRule<T> = {
  /** What the entries are, in the plural: `environment variables`. */
  readonly noun: string;
  readonly key: Reader<string>;
  readonly value: (key: string) => Reader<T>;
};

export function mapOf<T>({ noun, key: readKey, value: readValue }: MapRule<T>): Reader<Readonly<Record<string, T>>> {
  return (raw, at) => {
    if (!isObject(raw)) {
      return mismatch(at, raw, { expected: `an object of ${noun}`, fix: 'write one "key: value" for each' });
    }
    const entries = Object.entries(raw);
    if (entries.length > entriesMax) {
      const fix = `leave out ${entries.length - entriesMax}`;
      return refused({ path: at, expected: `at most ${entriesMax} ${noun}`, got: String(entries.length), fix });
    }
    const read: [string, T][] = [];
    const problems: Problem[] = [];
    for (const [key, item] of entries) {
      const path = fieldPath(at, key);
      const parsedKey = readKey(key, path);
      const parsed: Parsed<T> = parsedKey.ok ? readValue(key)(item, path) : parsedKey;
      if (parsed.ok) read.push([key, parsed.value]);
      else problems.push(...parsed.problems);
    }
    // fromEntries defines each key as the object's own, so a key such as `__proto__` is only a key.
    return problems.length === 0 ? accepted(Object.fromEntries(read)) : refused(...problems);
  };
}

/** Any object of texts: ports and constants, which Drover keeps and does not interpret. */
export function textMap(noun: string): Reader<Readonly<Record<string, string>>> {
  const key = text({ expected: "a key", fix: "give it a key", charsMax: keyCharsMax });
  return mapOf({ noun, key, value: () => textOrScalar });
}

/** Text as it is; a number or boolean as its text; null as the empty text. The problem never shows what came: it may be secret. */
export const textOrScalar: Reader<string> = (raw, at) => {
  if (raw === null) return accepted("");
  if (typeof raw === "boolean" || isExactNumber(raw)) return accepted(String(raw));
  if (typeof raw === "string" && raw.length <= valueCharsMax && !raw.includes("\0")) return accepted(raw);
  return refused({
    path: at,
    expected: `a text of at most ${valueCharsMax} characters without NUL, a number or a boolean`,
    got: typeof raw === "number" ? "a number that loses digits when it is read" : shownKind(raw),
    fix: typeof raw === "string" ? "make it shorter, without NUL" : "write it as text in quotes",
  });
};

/** A whole number beyond 2^53 was rounded when it was read; as text it would be another one than the writer meant. */
function isExactNumber(raw: unknown): raw is number {
  return typeof raw === "number" && Number.isFinite(raw) && (!Number.isInteger(raw) || Number.isSafeInteger(raw));
}
