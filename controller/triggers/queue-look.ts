// What the queue says of runs while the history is behind.
//
//   L1. A run whose message is in the queue is under way. Only a message that a killed server brought back (waiting-runs.ts W1) is
//       of a run that is over; the history may know that already, however far behind it is.
//   L2. One without a message is over when its slot's event was turned into a run before that look: an agent takes a message out
//       only when the end of its run is stored.
import { setTimeout as delay } from "node:timers/promises";
import { isOver } from "../../model/run.ts";
import { asItIs } from "../events/questions.ts";
import { inSlices } from "../runs/in-slices.ts";
import type { Question, UnderWayParts } from "./under-way.ts";

const lookAgainMs = 250;
/** Then the question is given up, and whoever asked asks again. */
const looksMax = 40;

/** Answers each question as soon as the queue shows it. Resolves when all are answered or the signal fired. */
export type LookInQueue = (questions: readonly Question[], signal: AbortSignal) => Promise<void>;

export function createLookInQueue({ history, waiting, handledThrough }: UnderWayParts): LookInQueue {
  return async (questions, signal) => {
    if (signal.aborted) return;
    // The events of all slots that are asked about were stored before this.
    const end = await history.streamEnd();
    let open = questions;
    for (let looks = 1; ; looks += 1) {
      open = await look(open, (await handledThrough()) >= end);
      if (open.length === 0 || signal.aborted) return;
      if (looks === looksMax) throw new Error("the events of the slots before have not become runs yet");
      await delay(lookAgainMs, null, { ref: false });
    }
  };

  /** Returns the questions that are still open. `isHandled` was true before the look. */
  async function look(questions: readonly Question[], isHandled: boolean): Promise<readonly Question[]> {
    const held = await inSlices(questions, ({ workflow, run }) => waiting.find(workflow, run));
    const there = questions.filter((_, index) => held[index] !== null);
    const over = await knownAsOver(there.map(({ run }) => run));
    for (const { run, resolve } of there) resolve(!over.has(run));
    const absent = questions.filter((_, index) => held[index] === null);
    if (!isHandled) return absent;
    for (const { resolve } of absent) resolve(false);
    return [];
  }

  async function knownAsOver(runs: readonly string[]): Promise<ReadonlySet<string>> {
    if (runs.length === 0) return new Set();
    const records = await history.runsById(runs, asItIs).catch(() => []);
    return new Set(records.filter((record) => isOver(record)).map(({ id }) => id));
  }
}
