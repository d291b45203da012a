// How late slots are decided: the slots of thousands of time workflows, one after the other over some seconds, and beside them those
// of a few that run. The thousands are suspended, so that each slot is decided and told and needs no container of its own.
import { call } from "../../test/api.ts";
import { openTail } from "../runs/open-tail.ts";
import { saveWorkflows } from "./many-workflows.ts";

const runningCount = 4;
/** Between the end of saving, as it is expected, and the first slot. */
const leadMs = 5_000;
/** The time of the slots is set before all is saved, and saving may be slower this time. */
const savingMargin = 1.5;
const slotWaitMaxMs = 60_000;

export type Lateness = {
  /** From a slot's due time to its event's timestamp. */
  readonly decidedMs: number[];
  /** To the moment in which a tailer had the event. */
  readonly seenMs: number[];
};

export type LatenessResult = {
  readonly suspended: Lateness;
  readonly running: Lateness;
  readonly savingMs: number;
};

type Slot = { readonly timestamp: string; readonly value: { readonly workflow: string; readonly due: string } };

export type LatenessOptions = {
  /** Workflows that exist. They are saved again with slots spread over so many seconds. */
  readonly names: readonly string[];
  readonly seconds: number;
  /** How long it took to save them the last time. */
  readonly savedInMs: number;
};

export async function measureLateness(url: string, options: LatenessOptions): Promise<LatenessResult> {
  const { names, seconds, savedInMs } = options;
  const running = new Set(Array.from({ length: runningCount }, (_, n) => `bench-running-${n}`));
  const result = { suspended: noneYet(), running: noneYet() };
  const firstMs = Date.now() + savedInMs * savingMargin + leadMs;
  const all = allSlots(names.length + running.size * seconds, firstMs + seconds * 1_000 + slotWaitMaxMs);
  using stack = new DisposableStack();
  const tail = await openTail(url, { type: "slot" }, (message) => {
    const slot = slotIn(message);
    if (slot === null) return;
    const dueMs = Date.parse(slot.value.due);
    const { decidedMs, seenMs } = running.has(slot.value.workflow) ? result.running : result.suspended;
    decidedMs.push(Date.parse(slot.timestamp) - dueMs);
    seenMs.push(Date.now() - dueMs);
    all.seen();
  });
  stack.use(tail);
  const savingMs = await saveWorkflows(url, [
    // These first: their containers start meanwhile.
    ...[...running].map((name, n) => ({
      name,
      schedule: { time: { period: "PT1S", start: instant(firstMs + (n * 1_000) / running.size), repeat: seconds } },
      keep_warm: "always",
    })),
    ...names.map((name, n) => ({
      name,
      schedule: { time: { period: "P1D", start: instant(firstMs + (n * seconds * 1_000) / names.length) } },
      status: "suspended",
    })),
  ]);
  if (Date.now() > firstMs) throw new Error("saving took so long that the first slots were due meanwhile");
  await all.promise;
  for (const name of running) await call(url, "DELETE", `/workflows/${name}`);
  return { ...result, savingMs };
}

function slotIn(message: string): Slot | null {
  const data = /^data: (.*)$/m.exec(message)?.[1];
  return data === undefined ? null : (JSON.parse(data) as Slot);
}

/** Rejects at `deadlineMs` when not so many slots were seen by then. */
function allSlots(expected: number, deadlineMs: number): { readonly promise: Promise<void>; seen(): void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let count = 0;
  const late = setTimeout(
    () => reject(new Error(`of ${expected} slots only ${count} were seen`)),
    deadlineMs - Date.now(),
  );
  return {
    promise: promise.finally(() => clearTimeout(late)),
    seen() {
      count += 1;
      if (count >= expected) resolve();
    },
  };
}

function noneYet(): Lateness {
  return { decidedMs: [], seenMs: [] };
}

function instant(ms: number): string {
  return new Date(Math.round(ms)).toISOString();
}
