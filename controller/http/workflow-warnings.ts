// What a person should know of a workflow although its document is fine.
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { HttpParts } from "./parts.ts";
import { nextSlotOf } from "./next-slot.ts";

/** One sentence each. */
export function warningsOf(entry: LiveWorkflow, { keys, now }: Pick<HttpParts, "keys" | "now">): readonly string[] {
  const { schedule } = entry.artifact;
  if (typeof schedule === "string") return [];
  if ("webhook" in schedule) {
    const { key } = schedule.webhook;
    return keys.has(key) ? [] : [`there is no key ${key}: drover key create ${key}`];
  }
  const isOver = "time" in schedule && nextSlotOf(entry, now().getTime()) === null;
  return isOver ? ["its schedule is over, no slot is due any more"] : [];
}
