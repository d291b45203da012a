// Decides the slots of all time workflows when they are due, with one timer for the earliest.
//
//   T1. A decision is written (slot-cursors.ts), then told as events: a crash in between leaves reports that the next leader, and
//       any other controller that sees the write, stores after it. No slot is decided twice, none is lost.
//   T2. The slots of one workflow are decided one after the other; those of different workflows do not wait for each other.
//   T3. A schedule that was changed is followed from the next moment on: what was planned for the old one is let go. One that was
//       over and is extended goes on with its next slot after the edit.
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { TimeSchedule } from "../../model/schedule.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { Clock } from "./clock.ts";
import { createDueQueue } from "./due-queue.ts";
import type { Replacements } from "./replacements.ts";
import { dueAfterMsOf, scheduleKeyOf, scheduledAtOf } from "./schedule-key.ts";
import type { SlotCursors } from "./slot-cursors.ts";
import { type SlotDecision, decideSlots, nextFireMs } from "./slot-decision.ts";
import type { SlotEvents } from "./slot-events.ts";
import type { UnderWay } from "./under-way.ts";

/** A timer waits at most this long, so that a clock that was set, or a machine that slept, is noticed soon. */
const timerMsMax = 5_000;
/** What could not be decided is tried again after this. */
const tryAgainWaitMs = 1_000;
/** Decisions in progress at once; the others wait in the order in which they are due. */
const decidingMax = 512;
const stopWaitMs = 2_000;

export type TimeTrigger = {
  /** Reads a workflow again that was saved, suspended, resumed or deleted. */
  changed(workflow: string): void;
  /** When the workflow's next slot is to be decided. */
  nextDueMs(workflow: string): number | null;
  /** Resolves when what was being decided has ended, or soon: what goes on after that does no harm (T1). */
  stop(): Promise<void>;
};

export type TimeTriggerParts = {
  readonly cursors: SlotCursors;
  readonly events: SlotEvents;
  readonly underWay: UnderWay;
  readonly workflow: (name: string) => LiveWorkflow | null;
  readonly replacements: Replacements;
  /** Since when this controller leads. */
  readonly upSinceMs: number;
  readonly clock: Clock;
  readonly log: Logger;
};

type Plan = {
  readonly schedule: TimeSchedule;
  /** Of the schedule as it was saved. */
  readonly key: string;
  readonly scheduledAtMs: number;
  /** No slot at or before this is due. */
  readonly dueAfterMs: number;
  /** Null: no slot is left. */
  readonly fireMs: number | null;
};

export function startTimeTrigger(names: readonly string[], parts: TimeTriggerParts): TimeTrigger {
  const { cursors, clock, log } = parts;
  const plans = new Map<string, Plan>();
  const due = createDueQueue();
  const deciding = new Map<string, Promise<void>>();
  let cancelTimer = (): void => {};
  let stopped = false;
  for (const name of names) plan(name);
  arm();

  return {
    changed(workflow) {
      if (stopped) return;
      plan(workflow);
      // Only now: what is not known at the start may be known a moment later, with slots that were decided.
      if (!plans.has(workflow)) void forget(workflow);
      arm();
    },
    nextDueMs: (workflow) => plans.get(workflow)?.fireMs ?? null,
    async stop() {
      stopped = true;
      cancelTimer();
      await Promise.race([Promise.all(deciding.values()), delay(stopWaitMs, null, { ref: false })]);
    },
  };

  /** What is queued for an earlier plan no longer agrees with the present one and is passed over. */
  function plan(workflow: string, notBeforeMs = 0): void {
    const entry = parts.workflow(workflow);
    const schedule = entry && timeOf(entry);
    if (!schedule) {
      plans.delete(workflow);
      return;
    }
    const key = scheduleKeyOf(entry);
    const scheduledAtMs = Date.parse(scheduledAtOf(entry));
    const dueAfterMs = dueAfterMsOf(entry);
    const throughMs = throughOf(workflow, { key, dueAfterMs });
    const nextMs = throughMs === Infinity ? null : nextFireMs({ workflow, schedule, scheduledAtMs, throughMs });
    const fireMs = nextMs === null ? null : Math.max(nextMs, notBeforeMs);
    if (fireMs !== null && (plans.get(workflow)?.fireMs !== fireMs || notBeforeMs > 0))
      due.push({ atMs: fireMs, workflow });
    plans.set(workflow, { schedule, key, scheduledAtMs, dueAfterMs, fireMs });
  }

  async function forget(workflow: string): Promise<void> {
    await cursors
      .forget(workflow)
      .catch((error: unknown) => log.debug({ workflow, error: String(error) }, "its slot cursor remains"));
  }

  function arm(): void {
    cancelTimer();
    const next = due.peek();
    if (stopped || next === null || deciding.size >= decidingMax) return;
    cancelTimer = clock.after(Math.min(timerMsMax, Math.max(0, next.atMs - clock.nowMs())), decideDue);
  }

  function decideDue(): void {
    for (let next = due.peek(); next && next.atMs <= clock.nowMs() && deciding.size < decidingMax; next = due.peek()) {
      due.pop();
      const { workflow } = next;
      if (plans.get(workflow)?.fireMs !== next.atMs || deciding.has(workflow)) continue;
      deciding.set(workflow, decideAndPlan(workflow));
    }
    arm();
  }

  async function decideAndPlan(workflow: string): Promise<void> {
    let notBeforeMs = 0;
    try {
      await decide(workflow);
    } catch (error) {
      log.warn({ workflow, error: String(error) }, "its slots could not be decided; trying again");
      notBeforeMs = clock.nowMs() + tryAgainWaitMs;
    }
    deciding.delete(workflow);
    if (stopped) return;
    plans.delete(workflow);
    plan(workflow, notBeforeMs);
    arm();
  }

  async function decide(workflow: string): Promise<void> {
    const decided = await decisionFor(workflow);
    if (decided === null || stopped) return;
    const { key, reports, last, replaced } = decided;
    if (plans.get(workflow)?.key !== key) return;
    const through = new Date(decided.throughMs).toISOString();
    const writtenAt = new Date(clock.nowMs()).toISOString();
    if (!(await cursors.write({ workflow, writtenAt, schedule: key, through, last, replaced, reports }))) return;
    if (replaced !== null) parts.replacements.end(workflow, replaced);
    await parts.events.store(reports);
  }

  async function decisionFor(workflow: string): Promise<(SlotDecision & { readonly key: string }) | null> {
    const present = plans.get(workflow);
    const entry = parts.workflow(workflow);
    if (!present || !entry) return null;
    const { schedule, key, scheduledAtMs } = present;
    // The run of a schedule that was changed since is a run of the workflow all the same.
    const last = cursors.get(workflow)?.last ?? null;
    const asked = last !== null && (schedule.overlap === "skip" || schedule.overlap === "replace");
    const underWay = asked && (await parts.underWay(workflow, last));
    const decision = decideSlots({
      workflow,
      revision: entry.revision,
      schedule,
      scheduledAtMs,
      throughMs: throughOf(workflow, present),
      nowMs: clock.nowMs(),
      upSinceMs: parts.upSinceMs,
      suspended: entry.status === "suspended",
      last,
      underWay,
    });
    return decision && { ...decision, key };
  }

  /** The slots up to this are decided. A cursor of a later schedule than the one that is known here leaves none to decide. */
  function throughOf(workflow: string, { key, dueAfterMs }: Pick<Plan, "key" | "dueAfterMs">): number {
    const cursor = cursors.get(workflow);
    if (cursor === null || cursor.schedule < key) return dueAfterMs;
    return cursor.schedule === key ? Math.max(Date.parse(cursor.through), dueAfterMs) : Infinity;
  }
}

/** With the rules that entries did not state before there were triggers. */
function timeOf({ artifact: { schedule } }: LiveWorkflow): TimeSchedule | null {
  if (typeof schedule === "string" || !("time" in schedule)) return null;
  return { ...schedule.time, overlap: schedule.time.overlap ?? "skip", missed: schedule.time.missed ?? "once" };
}
