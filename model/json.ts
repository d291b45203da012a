// JSON texts, read strictly. JSON.parse takes the last of two equal keys, any depth, and seldom says where it stopped; this one
// refuses the first two and always knows line and column.
import { depthMax } from "./json-value.ts";
import { type Parsed, accepted, refused } from "./problem.ts";
import { shown } from "./shown.ts";

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const spacePattern = /[ \t\r\n]*/y;
const literals = [
  ["true", true],
  ["false", false],
  ["null", null],
] as const;

/** Where and why reading stopped. Thrown within this file only: the reader below is recursive. */
class Stop extends Error {
  readonly at: number;
  readonly fix: string;
  constructor(at: number, got: string, fix: string) {
    super(got);
    this.at = at;
    this.fix = fix;
  }
}

export function readJson(text: string): Parsed<unknown> {
  try {
    return accepted(new JsonText(text).whole());
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return refused({ path: placeIn(text, error.at), expected: "valid JSON", got: error.message, fix: error.fix });
  }
}

export function placeIn(text: string, at: number): string {
  const before = text.slice(0, at).split("\n");
  return `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}

class JsonText {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    const value = this.#value(1);
    if (this.#at < this.#text.length) throw this.#unexpected("remove what follows");
    return value;
  }

  #value(depth: number): unknown {
    this.#space();
    const value = this.#bare(depth);
    this.#space();
    return value;
  }

  #bare(depth: number): unknown {
    const first = this.#text[this.#at];
    if (first === '"') return this.#string();
    if (first === "{" || first === "[") {
      if (depth > depthMax) throw new Stop(this.#at, `more than ${depthMax} levels`, "make it plainer");
      this.#at++;
      return first === "{" ? this.#object(depth) : this.#list(depth);
    }
    for (const [word, value] of literals) if (this.#skip(word)) return value;
    return this.#number();
  }

  #object(depth: number): unknown {
    const entries = new Map<string, unknown>();
    this.#space();
    if (this.#skip("}")) return {};
    do {
      this.#space();
      const start = this.#at;
      if (this.#text[start] !== '"') throw this.#unexpected("put the key in double quotes");
      const key = this.#string();
      if (entries.has(key)) throw new Stop(start, `a second ${shown(key)}`, "remove one of the two");
      this.#space();
      if (!this.#skip(":")) throw this.#unexpected('put ":" between key and value');
      entries.set(key, this.#value(depth + 1));
    } while (this.#skip(","));
    if (!this.#skip("}")) throw this.#unexpected('put "," between entries and "}" at the end');
    return Object.fromEntries(entries);
  }

  #list(depth: number): unknown[] {
    const items: unknown[] = [];
    this.#space();
    if (this.#skip("]")) return items;
    do items.push(this.#value(depth + 1));
    while (this.#skip(","));
    if (!this.#skip("]")) throw this.#unexpected('put "," between items and "]" at the end');
    return items;
  }

  /** Finds the closing quote; JSON.parse then judges and decodes what is between. */
  #string(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (end !== -1 && this.#isEscaped(start, end)) end = this.#text.indexOf('"', end + 1);
    if (end === -1) throw new Stop(start, "a text without its end", "close it with a double quote");
    try {
      this.#at = end + 1;
      return String(JSON.parse(this.#text.slice(start, end + 1)));
    } catch {
      throw new Stop(
        start,
        "a text with an unknown escape or a raw line break",
        "write \\n for a line break, \\\\ for a backslash",
      );
    }
  }

  #isEscaped(start: number, quote: number): boolean {
    let first = quote;
    while (first > start + 1 && this.#text[first - 1] === "\\") first--;
    return (quote - first) % 2 === 1;
  }

  #number(): number {
    numberPattern.lastIndex = this.#at;
    const digits = numberPattern.exec(this.#text)?.[0];
    if (digits === undefined) throw this.#unexpected("correct the text there");
    this.#at += digits.length;
    return Number(digits);
  }

  #space(): void {
    spacePattern.lastIndex = this.#at;
    this.#at += spacePattern.exec(this.#text)?.[0].length ?? 0;
  }

  #skip(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #unexpected(fix: string): Stop {
    const found = this.#text.codePointAt(this.#at);
    return new Stop(this.#at, found === undefined ? "the end of the text" : shown(String.fromCodePoint(found)), fix);
  }
}
