// Whether the run that a schedule set off last is still under way. What is asked in one turn of the event loop is one question.
//
//   U1. The history knows, once it has seen the end of the event stream. That it is behind, as in a flood of events, must not hold
//       up the slots: after patienceMs, or when it refuses, the queue is looked at as well, and who knows first answers.
import { setTimeout as delay } from "node:timers/promises";
import { isOver } from "../../model/run.ts";
import type { RunHistory } from "../runs/history.ts";
import type { WaitingRuns } from "../runs/waiting-runs.ts";
import { createLookInQueue } from "./queue-look.ts";
import { type LastRun, slotEventId } from "./slot-reporting.ts";

/** What one question to the history may hold. */
const idsPerQuestion = 1_000;
const patienceMs = 500;

export type UnderWay = (workflow: string, last: LastRun) => Promise<boolean>;

export type UnderWayParts = {
  readonly history: Pick<RunHistory, "runsById" | "knownEvents" | "streamEnd">;
  readonly waiting: Pick<WaitingRuns, "find">;
  /** All events up to this sequence have been turned into the runs that they set off. */
  readonly handledThrough: () => Promise<number>;
};

type Asked = { readonly workflow: string; readonly run: string; readonly due: string };
export type Question = Asked & {
  readonly resolve: (underWay: boolean) => void;
  readonly reject: (error: unknown) => void;
};

export function createUnderWay(parts: UnderWayParts): UnderWay {
  const { history } = parts;
  const lookInQueue = createLookInQueue(parts);
  let turn: Question[] = [];

  return (workflow, { run, due }) => {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    if (turn.push({ workflow, run, due, resolve, reject }) === 1) setImmediate(askTurn);
    return promise;
  };

  function askTurn(): void {
    const questions = turn;
    turn = [];
    for (let from = 0; from < questions.length; from += idsPerQuestion) {
      void answer(questions.slice(from, from + idsPerQuestion));
    }
  }

  async function answer(questions: readonly Question[]): Promise<void> {
    const known = new AbortController();
    const told = tellFromHistory(questions);
    const inTime = Promise.race([
      told.then(() => known.abort()).catch(() => {}),
      delay(patienceMs, null, { ref: false }),
    ]);
    const seen = inTime.then(() => lookInQueue(questions, known.signal));
    const [fromHistory, fromQueue] = await Promise.allSettled([told, seen]);
    if (fromHistory.status === "fulfilled" || fromQueue.status === "fulfilled") return;
    // What was answered before stays answered.
    for (const { reject } of questions) reject(fromHistory.reason);
  }

  /** A run that the history does not know waits for its slot's event to be read; one whose event is gone, too, is long over. */
  async function tellFromHistory(questions: readonly Question[]): Promise<void> {
    const passed = await history.streamEnd();
    const records = await history.runsById(
      questions.map(({ run }) => run),
      passed,
    );
    const byId = new Map(records.map((record) => [record.id, record]));
    const unknown = questions.filter(({ run }) => !byId.has(run)).map(slotEventOf);
    const waiting = unknown.length === 0 ? new Set<string>() : await history.knownEvents(unknown, passed);
    for (const question of questions) {
      const record = byId.get(question.run);
      question.resolve(record ? !isOver(record) : waiting.has(slotEventOf(question)));
    }
  }
}

function slotEventOf({ workflow, due }: Asked): string {
  return slotEventId(workflow, due);
}
