// How values are shown on a terminal.
import { dump } from "js-yaml";
import type { WorkflowView } from "./views.ts";

export type Format = "yaml" | "json";

/** A list in YAML is a stream of documents, as `apply -f -` takes them back. */
export function serialised(value: object, format: Format): string {
  if (format === "json") return `${JSON.stringify(value, null, 2)}\n`;
  return Array.isArray(value) ? value.map((one) => `---\n${yaml(one)}`).join("") : yaml(value);
}

export function yaml(value: unknown): string {
  return dump(value, { lineWidth: -1 });
}

/** A value in one line: text as it is, anything else as JSON. */
export function compact(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

export function breedName({ breed }: WorkflowView): string {
  return "reference" in breed ? breed.reference : `${breed.name} (inline)`;
}
