// Files of `KEY=VALUE` lines. Comments begin with `#`; `export` in front is fine. In single quotes everything is as it stands; in
// double quotes `\n`, `\t`, `\"` and `\\` are what they mean; both may hold several lines. What stands without quotes ends at ` #`
// or the line's end. A line that is none of this is an error, told by its number and never shown: it may be a secret.
import { type Parsed, type Problem, refused, accepted } from "../model/problem.ts";

const line =
  /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?:'([^']*)'|"((?:\\[^]|[^"\\])*)"|([^'"\s][^\n]*?|))[ \t]*(?:(?<=[\s'"=])#[^\n]*)?$/my;
const nothing = /[ \t]*(?:#[^\n]*)?(?:\n|$)/y;
const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\", $: "$" };

export function readDotenv(given: string): Parsed<Readonly<Record<string, string>>> {
  const text = given.replaceAll("\r\n", "\n");
  const values = new Map<string, string>();
  const problems: Problem[] = [];
  for (let at = 0; at < text.length;) {
    nothing.lastIndex = at;
    if (nothing.test(text)) {
      at = nothing.lastIndex;
      continue;
    }
    line.lastIndex = at;
    const found = line.exec(text);
    if (found === null) {
      problems.push(wrongAt(text, at, "KEY=VALUE", "quote the value, or put # in front of a comment"));
      at = behindLine(text, at);
      continue;
    }
    const [, key = "", single, double, bare = ""] = found;
    if (values.has(key)) problems.push(wrongAt(text, at, `${key} once`, "remove one of the two"));
    values.set(key, single ?? (double === undefined ? bare : unescaped(double)));
    at = behindLine(text, line.lastIndex);
  }
  return problems.length > 0 ? refused(...problems) : accepted(Object.fromEntries(values));
}

function unescaped(text: string): string {
  return text.replaceAll(/\\([^])/g, (whole: string, char: string) => escapes[char] ?? whole);
}

function behindLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end + 1;
}

function wrongAt(text: string, at: number, expected: string, fix: string): Problem {
  return { path: `line ${text.slice(0, at).split("\n").length}`, expected, got: "something else", fix };
}
