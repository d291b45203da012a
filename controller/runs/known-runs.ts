// Whether a run was queued before, for events that may have been turned into runs already: delivered again, or stored before
// this controller came.
//
//   K1. First the queue is looked at, then the history up to the end of the stream as it is after that look. An agent takes a
//       run out of the queue only when its end is stored, so what is neither in the queue nor over never was queued, or got lost.
//   K2. Questions of one turn are asked together: thousands of events after a restart cost a handful of questions.
import type { QueuedRun } from "../../bus/run-message.ts";
import { isOver } from "../../model/run.ts";
import { idsMax } from "../events/questions.ts";
import type { RunHistory, RunRecord } from "./history.ts";
import { inSlices } from "./in-slices.ts";
import { isLater, momentOf } from "./run-record.ts";
import type { WaitingRun, WaitingRuns } from "./waiting-runs.ts";

export type Known =
  /** To be queued. */
  | { readonly kind: "new" }
  /** It is in the queue. `told`: the history knows that. */
  | { readonly kind: "waiting"; readonly told: boolean }
  | { readonly kind: "over" };

type Question = {
  readonly run: QueuedRun;
  readonly resolve: (known: Known) => void;
  readonly reject: (error: unknown) => void;
};

export function createKnownRuns(
  waiting: WaitingRuns,
  history: Pick<RunHistory, "runsById" | "streamEnd">,
): (run: QueuedRun) => Promise<Known> {
  let turn: Question[] = [];

  return (run) =>
    new Promise((resolve, reject) => {
      if (turn.push({ run, resolve, reject }) === 1) setImmediate(askTurn);
    });

  function askTurn(): void {
    const questions = turn;
    turn = [];
    for (let from = 0; from < questions.length; from += idsMax) {
      const some = questions.slice(from, from + idsMax);
      ask(some).catch((error: unknown) => some.forEach(({ reject }) => reject(error)));
    }
  }

  async function ask(questions: readonly Question[]): Promise<void> {
    const held = await inSlices(questions, ({ run }) => waiting.find(run.workflow, run.id));
    const ids = questions.map(({ run }) => run.id);
    const records = await history.runsById(ids, await history.streamEnd());
    const byId = new Map(records.map((record) => [record.id, record]));
    for (const [index, { run, resolve }] of questions.entries()) {
      resolve(knownOf(run, held[index] ?? null, byId.get(run.id) ?? null));
    }
  }
}

function knownOf(run: QueuedRun, held: WaitingRun | null, record: RunRecord | null): Known {
  const told = record !== null && record.workflow === run.workflow && !isLater(queuedMoment(run), momentOf(record));
  if (told && isOver(record)) return { kind: "over" };
  // A run that is given again may find the message of its former life.
  if (held !== null && held.run.attemptsBefore >= run.attemptsBefore) return { kind: "waiting", told };
  return { kind: "new" };
}

/** When in the life of a run this queueing of it stands. */
export function queuedMoment({ attemptsBefore }: QueuedRun): { attempt: number; state: "queued" } {
  return { attempt: attemptsBefore, state: "queued" };
}
