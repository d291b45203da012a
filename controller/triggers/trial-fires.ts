// When a schedule would have been due in the past, from the oldest moment on. Nothing here keeps the controller's thread for long.
//
//   F1. A fire has a place: events that of their place in the stream, slots the time at which they are due. Fires come in order.
//   F2. What was looked at and does not fire is told as well, so that whoever reads can stop.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventSchedule } from "../../model/event-schedule.ts";
import type { Event } from "../../model/event.ts";
import type { Schedule, ScheduleKind, TimeSchedule } from "../../model/schedule.ts";
import { nextSlot } from "../../model/slots.ts";
import type { EventIndex } from "../events/index.ts";
import { walk } from "../events/walk.ts";
import { loopRule } from "./loop-rules.ts";
import { slotFireMs } from "./slot-decision.ts";

/** Slots are reckoned for so long before others have their turn. */
const turnMs = 5;

/** `at`: when it would have fired; of an event its own time, of a slot when it is due, and its jitter later. */
export type Fire =
  | (Pick<Event, "id" | "type" | "source" | "tags"> & { readonly kind: "event"; readonly at: string })
  | { readonly kind: "slot"; readonly due: string; readonly at: string };

/** `fire` is null for what was looked at and would not have fired. */
export type Looked = { readonly place: number; readonly at: string; readonly fire: Fire | null };

/** From `sinceMs` on, up to and without `untilMs`. */
export type Past = { readonly sinceMs: number; readonly untilMs: number };

export type Trigger = { readonly workflow: string; readonly schedule: Schedule; readonly scheduledAtMs: number };

export function firesOf(
  { workflow, schedule, scheduledAtMs }: Trigger,
  past: Past,
  events: { readonly index: Pick<EventIndex, "query">; readonly passed: number },
): AsyncGenerator<Looked, void, void> {
  if (typeof schedule === "string" || "webhook" in schedule) return nothing();
  if ("event" in schedule) return eventFires(workflow, schedule.event, past, events);
  return slotFires({ workflow, schedule: schedule.time, scheduledAtMs }, past);
}

/** Why nothing of the past can set it off; null when something can. */
export function whyNeverSetOff(kind: ScheduleKind): string | null {
  switch (kind) {
    case "event":
    case "time":
      return null;
    case "daemon":
      return "nothing of the past sets off a daemon: it runs all the time";
    case "manual":
      return "nothing of the past sets off a manual workflow: it runs by hand";
    case "webhook":
      return "nothing of the past sets off a workflow with a webhook: it runs when its address is called";
  }
}

async function* nothing(): AsyncGenerator<Looked, void, void> {}

async function* eventFires(
  workflow: string,
  { tags, type, source }: EventSchedule,
  { sinceMs, untilMs }: Past,
  { index, passed }: { readonly index: Pick<EventIndex, "query">; readonly passed: number },
): AsyncGenerator<Looked, void, void> {
  const time = { gte: new Date(sinceMs).toISOString(), lt: new Date(untilMs).toISOString() };
  for await (const { sequence, event } of walk(index, { filter: { tags, type, source }, time, after: null }, passed)) {
    const { id, timestamp: at } = event;
    const fire = { kind: "event", id, at, type: event.type, source: event.source, tags: event.tags } as const;
    yield { place: sequence, at, fire: loopRule(event, workflow) === null ? fire : null };
  }
}

type Scheduled = { readonly workflow: string; readonly schedule: TimeSchedule; readonly scheduledAtMs: number };

async function* slotFires(scheduled: Scheduled, { sinceMs, untilMs }: Past): AsyncGenerator<Looked, void, void> {
  const { schedule, scheduledAtMs } = scheduled;
  let turnBeganMs = performance.now();
  for (let afterMs = sinceMs - 1; ;) {
    const slot = nextSlot(schedule, { scheduledAtMs, afterMs });
    if (slot === null || slot.dueMs >= untilMs) return;
    const due = new Date(slot.dueMs).toISOString();
    const at = new Date(slotFireMs(scheduled, slot)).toISOString();
    yield { place: slot.dueMs, at: due, fire: { kind: "slot", due, at } };
    afterMs = slot.dueMs;
    if (performance.now() - turnBeganMs < turnMs) continue;
    await nextTurn();
    turnBeganMs = performance.now();
  }
}
