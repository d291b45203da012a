// Media types in which events come and go, beside JSON and YAML.

export const ndjsonType = "application/x-ndjson";
export const ndjsonTypes: ReadonlySet<string> = new Set([ndjsonType, "application/ndjson", "application/jsonl"]);
export const cloudEventType = "application/cloudevents+json";
export const cloudEventBatchType = "application/cloudevents-batch+json";

/** In lower case and without parameters; `""` without the header. */
export function mediaTypeOf(header: string | undefined): string {
  return (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
