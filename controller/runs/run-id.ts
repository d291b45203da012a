// The id of a run follows from its workflow and the event that sets it off: both can be told before the run is queued, and
// whoever makes the run again makes the same one.
import { eventIdOf } from "../events/event-id.ts";

export function runIdOf(workflow: string, event: string): string {
  return `r-${eventIdOf("run", workflow, event)}`; // r-7f3a9c…
}
