// The values of a secret as the command line is given them: `KEY=VALUE` parameters, or a file in dotenv, JSON or YAML.
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { readDocuments } from "../model/documents.ts";
import { type Parsed, problemText, refused, accepted } from "../model/problem.ts";
import { isObject } from "../model/reader.ts";
import { readDotenv } from "./dotenv.ts";
import { Failure } from "./failure.ts";

type Values = Readonly<Record<string, unknown>>;

/** `file`: `-` is standard input; null: none. Throws Failure, which never shows what it has read. */
export async function secretValuesOf(pairs: readonly string[], file: string | null): Promise<Values> {
  const given = pairs.map((pair, index) => {
    const end = pair.indexOf("=");
    if (end < 1) throw new Failure(`parameter ${index + 1} of the values: expected KEY=VALUE, got no "="`, 2);
    return [pair.slice(0, end), pair.slice(end + 1)] as const;
  });
  const read = file === null ? {} : await valuesIn(file);
  const values = { ...read, ...Object.fromEntries(given) };
  if (Object.keys(values).length === 0) throw new Failure("expected KEY=VALUE, or -f with a file that has some", 2);
  return values;
}

async function valuesIn(file: string): Promise<Values> {
  const name = file === "-" ? "standard input" : file;
  const text = await (file === "-" ? readAll(process.stdin) : readFile(file, "utf8")).catch((error: Error) => {
    throw new Failure(`${name}: ${error.message}`, 2);
  });
  const parsed = valuesOf(text, extname(file));
  if (parsed.ok) return parsed.value;
  const hidden = parsed.problems.map((problem) => problemText({ ...problem, got: "something else" }));
  throw new Failure(hidden.map((line) => `${name}: ${line}`).join("\n"));
}

/** By the name of the file, else by how it begins: `{` JSON, `KEY: ` YAML, anything else dotenv. */
function valuesOf(text: string, extension: string): Parsed<Values> {
  const body = text.replace(/^\uFEFF/, "");
  if (extension === ".json" || /^\s*\{/.test(body)) return objectIn(body, "json");
  const first = body.split("\n").find((line) => line.trim() !== "" && !line.trim().startsWith("#")) ?? "";
  const isYaml = extension === ".yml" || extension === ".yaml" || /^(?:---|[\w.-]+:(?:\s|$))/.test(first);
  return isYaml && extension !== ".env" ? objectIn(body, "yaml") : readDotenv(body);
}

function objectIn(text: string, format: "json" | "yaml"): Parsed<Values> {
  const read = readDocuments(text, format);
  if (!read.ok) return read;
  const [document, second] = read.value;
  if (second === undefined && isObject(document?.value)) return accepted(document.value);
  return refused({
    path: "text",
    expected: "one object of KEY: VALUE",
    got: "something else",
    fix: "write KEY: VALUE",
  });
}
