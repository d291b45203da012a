// The oracle: compares what was accepted and what was due with what Drover says and with what user code did.
//
//   C1. Every accepted event has exactly one run in its workflow, and it completed (I1, I2).
//   C2. The slots of a schedule follow each other without a gap, each exactly once, and the run of each completed (I3).
//   C3. A run had its effect. More than one effect of a run is there only where its record shows attempts that did not complete,
//       and never two of one attempt.
//   C4. There is no run beside these.
import { eventIdOf } from "../../controller/events/event-id.ts";
import type { RunRecord, SlotRecord } from "../../controller/runs/history.ts";
import { call } from "../api.ts";
import type { Effect } from "./effects.ts";

const pageSize = 1_000;

export const runIdOf = (workflow: string, event: string): string => `r-${eventIdOf("run", workflow, event)}`;

export async function allRuns(url: string, workflow: string): Promise<RunRecord[]> {
  return pages<RunRecord>(url, `/runs?workflow=${workflow}`);
}

export async function allSlots(url: string, workflow: string): Promise<SlotRecord[]> {
  return pages<SlotRecord>(url, `/workflows/${workflow}/slots?`);
}

async function pages<T>(url: string, path: string): Promise<T[]> {
  const found: T[] = [];
  for (let page = 1; ; page += 1) {
    const { body, status } = await call<T[]>(url, "GET", `${path}&page=${page}&per_page=${pageSize}`);
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    found.push(...body);
    if (body.length < pageSize) return found;
  }
}

/** C1, C4 for a workflow that events set off. */
export function checkRuns(workflow: string, accepted: ReadonlySet<string>, runs: readonly RunRecord[]): string[] {
  const wrong: string[] = [];
  const byId = new Map(runs.map((run) => [run.id, run]));
  if (byId.size !== runs.length) wrong.push(`${workflow}: ${runs.length - byId.size} runs are listed twice`);
  for (const event of accepted) {
    const run = byId.get(runIdOf(workflow, event));
    if (!run) wrong.push(`${workflow}: the accepted event ${event} has no run`);
    else if (run.state !== "completed") wrong.push(`${workflow}: ${run.id} is ${run.state}, ${outcomeOf(run)}`);
    byId.delete(runIdOf(workflow, event));
  }
  for (const run of byId.values()) wrong.push(`${workflow}: ${run.id} comes from ${run.cause}, which nobody sent`);
  return wrong;
}

/** C2 for a schedule of one second. */
export function checkSlots(workflow: string, slots: readonly SlotRecord[], runs: readonly RunRecord[]): string[] {
  const wrong: string[] = [];
  const byId = new Map(runs.map((run) => [run.id, run]));
  const inOrder = slots.toSorted((a, b) => (a.due < b.due ? -1 : 1));
  for (const [index, slot] of inOrder.entries()) {
    const before = inOrder[index - 1];
    const sinceMs = before ? Date.parse(slot.due) - Date.parse(before.due) : 1_000;
    if (sinceMs !== 1_000) wrong.push(`${workflow}: ${slot.due} comes ${sinceMs} ms after the slot before it`);
    if (slot.outcome !== "ran") wrong.push(`${workflow}: ${slot.due} is ${slot.outcome}: ${slot.reason}`);
    const run = slot.run === null ? undefined : byId.get(slot.run);
    if (run?.state !== "completed") wrong.push(`${workflow}: the run of ${slot.due} is ${run?.state ?? "not there"}`);
  }
  if (runs.length !== slots.length) wrong.push(`${workflow}: ${slots.length} slots and ${runs.length} runs`);
  if (slots.length === 0) wrong.push(`${workflow}: no slot at all`);
  return wrong;
}

/** C3. */
export function checkEffects(runs: readonly RunRecord[], effects: readonly Effect[]): string[] {
  const wrong: string[] = [];
  const byRun = Map.groupBy(effects, ({ run }) => run);
  for (const run of runs) {
    const had = byRun.get(run.id) ?? [];
    const unfinished = run.attempts.filter(({ state }) => state !== "completed").length;
    if (had.length === 0) wrong.push(`${run.id} of ${run.workflow} completed without an effect`);
    if (had.length > 1 + unfinished)
      wrong.push(
        `${run.id} of ${run.workflow} had ${had.length} effects and ${unfinished} attempts that did not complete`,
      );
    if (new Set(had.map(({ attempt }) => attempt)).size !== had.length)
      wrong.push(`${run.id} of ${run.workflow} had two effects in one attempt: ${JSON.stringify(run.attempts)}`);
    byRun.delete(run.id);
  }
  for (const run of byRun.keys()) wrong.push(`${run} had an effect and is no run`);
  return wrong;
}

function outcomeOf(run: RunRecord): string {
  return JSON.stringify(run.outcome).slice(0, 200);
}
