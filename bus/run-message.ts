// A run that waits in the work queue: the payload of a RUNS message. It is complete: an agent needs nothing else to start it.
import type { Event } from "../model/event.ts";
import type { TriggerKind } from "../model/run.ts";

export type QueuedRun = {
  /** Follows from workflow and event, so that the same run is never queued twice. */
  readonly id: string;
  readonly workflow: string;
  readonly trigger: Exclude<TriggerKind, "daemon">;
  /** What it is given: the event that sets it off, whole (a slot, a webhook, a run by hand, or any other), or that is replayed. */
  readonly event: Event;
  /** The id of the replay, and of its event that sets this run off. Absent: `event` does. */
  readonly replay?: { readonly id: string; readonly event: string };
  readonly hops: number;
  /** The due time, for a slot. */
  readonly slot: string | null;
  readonly queuedAt: string;
  /** When the workflow was created that it was queued for; another one may have its name by now. Null: long ago. */
  readonly createdAt: string | null;
  /** Attempts that were made before it was queued: 0, and more for a dead letter that is given again. */
  readonly attemptsBefore: number;
};

/** The id of the event that sets it off. */
export function causeOf({ event, replay }: Pick<QueuedRun, "event" | "replay">): string {
  return replay?.event ?? event.id;
}
