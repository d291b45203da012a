// Texts that people send and files that they keep: one or several documents in YAML or JSON.
//
//   D1. A list at the top stands for as many documents; empty YAML documents do not count.
//   D2. What is given back is bounded in depth and size, with aliases counted as often as they are used.
import { flawOf } from "./json-value.ts";
import { readJson } from "./json.ts";
import { type Parsed, accepted, refused } from "./problem.ts";
import { readYaml, writeYaml } from "./yaml.ts";

const documentsMax = 500;

export type DocumentFormat = "yaml" | "json";

/** `path` begins the paths of this document's problems: `document 2` when there are several, else empty. */
export type Document = { readonly value: unknown; readonly path: string };

export function readDocuments(text: string, format: DocumentFormat): Parsed<Document[]> {
  const parsed = format === "yaml" ? readYaml(text) : readOneJson(text);
  if (!parsed.ok) return parsed;
  const flaw = flawOf(parsed.value);
  if (flaw !== null) {
    return refused({ path: "text", expected: "documents of a sane size", got: flaw, fix: "make them plainer" });
  }
  const values = parsed.value.filter((value) => value !== null).flat();
  if (values.length === 0) {
    return refused({ path: "text", expected: "at least one document", got: "nothing", fix: "add a document" });
  }
  if (values.length > documentsMax) {
    const expected = `at most ${documentsMax} documents`;
    return refused({ path: "text", expected, got: String(values.length), fix: "send them in parts" });
  }
  return accepted(values.map((value, index) => ({ value, path: values.length > 1 ? `document ${index + 1}` : "" })));
}

/** One value as it is, several as several documents (YAML) or as one list (JSON). */
export function writeDocuments(values: readonly unknown[], format: DocumentFormat): string {
  if (format === "yaml") return values.length === 0 ? "[]\n" : writeYaml(values);
  return `${JSON.stringify(values.length === 1 ? values[0] : values, null, 2)}\n`;
}

function readOneJson(text: string): Parsed<unknown[]> {
  if (text.trim() === "") return accepted([]);
  const parsed = readJson(text);
  return parsed.ok ? accepted([parsed.value]) : parsed;
}
