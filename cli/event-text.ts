// Events in one line. What Drover itself tells of runs, slots, instances and artifacts is a sentence; anything else is its value.
import type { Event } from "../model/event.ts";
import { isObject } from "../model/reader.ts";
import { type RunReport, isRunReport } from "../model/run.ts";
import { type SlotReport, isSlotReport } from "../model/slot.ts";
import { compact } from "./format.ts";
import { outcomeText, tookText } from "./run-text.ts";
import { cutCell } from "./table.ts";

/** When, type, source, tags, what. */
export function eventLine(event: Event): string {
  const { timestamp, type, source, tags } = event;
  const told = sentence(event);
  const where = told === null ? `${source}  ${tags.join(",")}  ` : "";
  return `${timestamp}  ${type}  ${where}${told ?? compact(event.value)}`.trimEnd().replaceAll(/[\r\n]+/g, " ");
}

/** What happened, in one line. */
export function valueText(event: Event): string {
  return sentence(event) ?? compact(event.value);
}

/** Null for an event that is not Drover's own, or not as Drover writes it: anybody may store one of the same type. */
function sentence({ type, source, tags, value }: Event): string | null {
  if (type === "run") return isRunReport(value) && isOutcome(value.outcome) ? runSentence(value) : null;
  if (source !== "/controller" || !isObject(value)) return null;
  const text = (field: string): string => compact(value[field] ?? "");
  const because = value["reason"] === undefined || value["reason"] === null ? "" : `: ${cutCell(text("reason"))}`;
  switch (type) {
    case "slot":
      return isSlotReport(value) ? slotSentence(value, because) : null;
    case "instance":
      if (value["instance"] === undefined) return `${about(tags)}${text("state")}`;
      return `instance ${text("instance")} ${text("state")}${because}`;
    case "deploy":
      if (value["instance"] === undefined)
        return `${about(tags)}revision ${text("revision")} ${text("state")} by ${text("by")}`;
      return `instance ${text("instance")} ${text("state")}, revision ${text("revision")}`;
    case "status":
      return `${about(tags)}${text("status")} is asked for by ${text("by")}`;
    case "key":
      return `key ${text("name")} ${text("action")} by ${text("by")}`;
    case "test":
      return `breed ${text("breed")} tested by ${text("by")}: ${text("completed")} of ${text("events")} events completed`;
    case "archive":
      return `${text("kind")} ${text("name")} ${changeIn(tags)} by ${text("by")}, revision ${text("revision")}`;
    default:
      return null;
  }
}

/** What says nothing of an instance is about a workflow, and its tags say which. */
function about(tags: readonly string[]): string {
  const tag = tags.find((one) => one.startsWith("workflows:"));
  return tag === undefined ? "" : `workflow ${tag.slice("workflows:".length)}: `;
}

function changeIn(tags: readonly string[]): string {
  if (tags.includes("archive:create")) return "created";
  return tags.includes("archive:delete") ? "deleted" : "updated";
}

function runSentence(run: RunReport): string {
  const { id, workflow, state, attempt, again, outcome } = run;
  const which = attempt > 1 ? `, attempt ${attempt}` : "";
  const took = run.finishedAt && run.startedAt ? ` in ${tookText(run)}` : "";
  const how = outcome && cutCell(outcomeText(outcome));
  const then = again ? `, again at ${again}` : "";
  return `run ${id} of ${workflow} ${state}${took}${which}${how ? `: ${how}` : ""}${then}`;
}

function slotSentence({ workflow, due, from, count, outcome, run }: SlotReport, because: string): string {
  const which =
    count > 1 ? `${count} slots of ${workflow} from ${from ?? "?"} to ${due}` : `slot ${due} of ${workflow}`;
  return `${which} ${outcome}${run === null ? "" : ` as ${run}`}${because}`;
}

/** Enough of its shape that it can be told. */
function isOutcome(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (!isObject(value)) return false;
  if (value["kind"] === "failed") return isObject(value["error"]) && typeof value["error"]["message"] === "string";
  if (value["kind"] === "dead") return typeof value["reason"] === "string" && isOutcome(value["last"]);
  return typeof value["kind"] === "string";
}
