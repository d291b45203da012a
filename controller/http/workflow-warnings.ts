// What a person should know of a workflow although its document is fine.
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { HttpParts } from "./parts.ts";
import { nextSlotOf } from "./next-slot.ts";

type Parts = Pick<HttpParts, "artifacts" | "keys" | "now">;

/** One sentence each. */
export function warningsOf(entry: LiveWorkflow, parts: Parts): readonly string[] {
  return [...ofBreed(entry, parts), ...ofSchedule(entry, parts)];
}

function ofBreed({ artifact: { breed } }: LiveWorkflow, { artifacts: { breeds } }: Parts): readonly string[] {
  if (!("reference" in breed) || breeds.get(breed.reference) !== null) return [];
  return [`its breed ${breed.reference} is gone: it runs on with a copy, and cannot be saved again without the breed`];
}

function ofSchedule(entry: LiveWorkflow, { keys, now }: Parts): readonly string[] {
  const { schedule } = entry.artifact;
  if (typeof schedule === "string") return [];
  if ("webhook" in schedule) {
    const { key } = schedule.webhook;
    return keys.has(key) ? [] : [`there is no key ${key}: drover key create ${key}`];
  }
  const isOver = "time" in schedule && nextSlotOf(entry, now().getTime()) === null;
  return isOver ? ["its schedule is over, no slot is due any more"] : [];
}
