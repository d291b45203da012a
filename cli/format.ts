// How values are shown on a terminal.
import { dump } from "js-yaml";
import type { Event } from "../model/event.ts";
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

/** One event in one line: when, type, source, tags, value. */
export function eventLine({ timestamp, type, source, tags, value }: Event): string {
  return `${timestamp}  ${type}  ${source}  ${tags.join(",")}  ${compact(value)}`.trimEnd().replaceAll(/[\r\n]+/g, " ");
}

/** A value in one line: text as it is, anything else as JSON. */
export function compact(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

export function breedName({ breed }: WorkflowView): string {
  return "reference" in breed ? breed.reference : `${breed.name} (inline)`;
}

export function scheduleText({ schedule }: WorkflowView): string {
  if (typeof schedule === "string") return schedule;
  if ("event" in schedule) {
    const { tags, type, source } = schedule.event;
    return ["event", ...tags, type && `type=${type}`, source && `source=${source}`].filter(Boolean).join(" ");
  }
  if ("webhook" in schedule) return `webhook ${schedule.webhook.key}`;
  return `time ${"period" in schedule.time ? schedule.time.period : schedule.time.cron}`;
}
