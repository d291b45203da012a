// Which stored events a replay of a workflow is of. Pure.
//
//   R1. An event workflow is given what its own schedule asks for, narrowed by the query; any other one what the query asks for.
//   R2. What Drover itself stored (slots, runs, webhooks, …) is passed over, unless the query or the schedule names its type or source.
//   R3. What may not set off the workflow because of the rules against loops is passed over.
import { type EventFilter, compileFilter } from "../../model/event-match.ts";
import type { EventSchedule } from "../../model/event-schedule.ts";
import type { Event } from "../../model/event.ts";
import type { ReplayQuery } from "../../model/replay.ts";
import { aboutOf } from "../../model/run.ts";
import type { Schedule } from "../../model/schedule.ts";
import { loopRule } from "./loop-rules.ts";

/** Why an event that was found is not replayed. */
export type PassedOver = "own" | "loop";

export type ReplayChoice = {
  /** Finds all that are chosen, and perhaps some more. */
  readonly filter: EventFilter;
  /** "none": it is not asked for at all. */
  judge(event: Event): "chosen" | "none" | PassedOver;
};

export function replayChoice(workflow: string, schedule: Schedule, query: ReplayQuery): ReplayChoice {
  const own = typeof schedule === "object" && "event" in schedule ? schedule.event : null;
  const { type = query.type ?? undefined, source = query.source ?? undefined } = own ?? {};
  const tags = [...new Set([...(own?.tags ?? []), ...query.tags])];
  const isNarrowed = compileFilter({ type: query.type ?? undefined, source: query.source ?? undefined });
  const namesOwn = query.type !== null || query.source !== null || (own !== null && names(own));
  return {
    filter: { tags, type, source },
    judge(event) {
      if (!isNarrowed(event)) return "none";
      if (!namesOwn && isDroversOwn(event)) return "own";
      return loopRule(event, workflow) === null ? "chosen" : "loop";
    },
  };
}

/** A schedule that asks for any type, or from anywhere, means what its senders say. */
function names({ type, source }: EventSchedule): boolean {
  return (type !== undefined && /[^*#.]/.test(type)) || (source !== undefined && /^\/?[^*/]/.test(source));
}

/** Stored by a controller, or by an agent about its own runs; not what code or people emit. */
export function isDroversOwn(event: Event): boolean {
  const { source } = event;
  return source === "/controller" || /^\/(?:hooks|manual|replay)\//.test(source) || aboutOf(event) !== null;
}
