// How late slots are decided: the slots of thousands of time workflows, one after the other over some seconds, and beside them those
// of a few that run. The thousands are suspended, so that each slot is decided and told and needs no container of its own.
import { call } from "../../test/api.ts";
import { openTail } from "../runs/open-tail.ts";
import { saveWorkflows } from "./many-workflows.ts";

const runningCount = 4;
/** Between the end of saving, as it is expected, and the first slot. */
const leadMs = 5_000;
const slotWaitMaxMs = 60_000;
/** The time of the slots is set before all is saved, and saving may be slower this time. */
const savingMargin = 1.5;

export type Lateness = {
  /** From a slot's due time to its event's timestamp. */
  readonly decidedMs: readonly number[];
  /** To the moment in which a tailer had the event. */
  readonly seenMs: readonly number[];
};

export type LatenessResult = {
  readonly suspended: Lateness;
  readonly running: Lateness;
  readonly savingMs: number;
  /** Slots that came while saving was still going on: they say nothing of a controller at rest. */
  readonly early: number;
};

type Slot = {
  readonly timestamp: string;
  readonly value: { readonly workflow: string; readonly due: string; readonly count: number };
};

/** `names` are workflows that exist; `expectedMs` is how long it took to save them the last time. */
export async function measureLateness(
  url: string,
  { names, expectedMs, seconds }: { names: readonly string[]; expectedMs: number; seconds: number },
): Promise<LatenessResult> {
  const running = Array.from({ length: runningCount }, (_, n) => `bench-running-${n}`);
  const firstMs = Date.now() + expectedMs * savingMargin + leadMs;
  const gapMs = (seconds * 1_000) / names.length;
  const startOf = (ms: number): string => new Date(Math.round(firstMs + ms)).toISOString();
  const suspended: { decidedMs: number[]; seenMs: number[] } = { decidedMs: [], seenMs: [] };
  const ran: { decidedMs: number[]; seenMs: number[] } = { decidedMs: [], seenMs: [] };
  const all = Promise.withResolvers<void>();
  const expected = names.length + running.length * seconds;
  let savedAtMs = Infinity;
  let early = 0;

  using tail = await openTail(url, { type: "slot" }, (message) => {
    const data = /^data: (.*)$/m.exec(message)?.[1];
    if (data === undefined) return;
    const { timestamp, value } = JSON.parse(data) as Slot;
    const dueMs = Date.parse(value.due);
    if (dueMs < savedAtMs) early += 1;
    const { decidedMs, seenMs } = running.includes(value.workflow) ? ran : suspended;
    decidedMs.push(Date.parse(timestamp) - dueMs);
    if (seenMs.push(Date.now() - dueMs) + (decidedMs === ran.decidedMs ? suspended : ran).seenMs.length >= expected)
      all.resolve();
  });
  const savingMs = await saveWorkflows(url, [
    // These first: their containers start meanwhile.
    ...running.map((name, n) => ({
      name,
      schedule: { time: { period: "PT1S", start: startOf((n * 1_000) / runningCount), repeat: seconds } },
      keep_warm: "always",
    })),
    ...names.map((name, n) => ({
      name,
      schedule: { time: { period: "P1D", start: startOf(n * gapMs) } },
      status: "suspended",
    })),
  ]);
  savedAtMs = Date.now();
  const late = setTimeout(
    () => all.reject(new Error(`of ${expected} slots only ${suspended.seenMs.length + ran.seenMs.length} came`)),
    firstMs - Date.now() + seconds * 1_000 + slotWaitMaxMs,
  );
  await all.promise.finally(() => clearTimeout(late));
  for (const name of running) await call(url, "DELETE", `/workflows/${name}`);
  return { suspended, running: ran, savingMs, early };
}
