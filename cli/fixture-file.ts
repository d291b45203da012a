// The files that a test of a breed reads: its fixture, and documents of the edited breed and the workflow.
import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { singularKind } from "../model/artifact.ts";
import { readDocuments } from "../model/documents.ts";
import { problemText } from "../model/problem.ts";
import { isObject } from "../model/reader.ts";
import { readSources } from "./documents.ts";
import { Failure } from "./failure.ts";

/**
 * The documents of a JSON file, of lines of JSON (what `drover tail --json` prints), or of a YAML file; `-` is standard input.
 * Throws Failure (exit code 2).
 */
export async function documentsIn(path: string): Promise<readonly unknown[]> {
  const text = path === "-" ? await readAll(process.stdin) : await readFile(path, "utf8").catch(unreadable(path));
  // What was recorded of nothing; to a reader of documents it would be a mistake.
  if (/^\s*(?:\[\s*\]\s*)?$/.test(text)) return [];
  const lines = linesOf(text);
  if (lines !== null) return lines;
  const read = readDocuments(text, /^\s*[[{]/.test(text) ? "json" : "yaml");
  if (!read.ok) throw new Failure(read.problems.map((one) => `${path}: ${problemText(one)}`).join("\n"), 2);
  return read.value.map(({ value }) => value);
}

export type Document = { readonly value: unknown; readonly file: string };
export type Documents = {
  readonly breed: Document | undefined;
  readonly workflows: ReadonlyMap<string, Document>;
};

/** The breed of that name in the files, undefined when there is none, and the workflows by their names. Throws Failure. */
export async function artifactsIn(paths: readonly string[], name: string): Promise<Documents> {
  const breeds = new Map<string, Document>();
  const workflows = new Map<string, Document>();
  for (const source of await readSources(paths)) {
    const read = readDocuments(source.text, source.type === "application/json" ? "json" : "yaml");
    if (!read.ok) throw new Failure(read.problems.map((one) => `${source.name}: ${problemText(one)}`).join("\n"), 2);
    for (const { value } of read.value) {
      const kind = isObject(value) ? singularKind(String(value["kind"])) : null;
      if (!isObject(value) || kind === null)
        throw new Failure(`${source.name}: expected documents with "kind: breed" or "kind: workflow"`, 2);
      (kind === "breed" ? breeds : workflows).set(String(value["name"]), { value, file: source.name });
    }
  }
  if (breeds.size === 0 || breeds.has(name)) return { breed: breeds.get(name), workflows };
  throw new Failure(`-f: expected the breed "${name}" in the files, got ${[...breeds.keys()].join(", ")}`, 2);
}

/** Null for a text that is not several lines of JSON. */
function linesOf(text: string): readonly unknown[] | null {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length < 2 || lines.some((line) => !line.startsWith("{"))) return null;
  try {
    return lines.map((line): unknown => JSON.parse(line));
  } catch {
    return null;
  }
}

function unreadable(path: string): (error: Error) => never {
  return (error) => {
    const gone = "code" in error && error.code === "ENOENT";
    throw new Failure(`${path}: ${gone ? "no such file or directory" : error.message}`, 2);
  };
}
