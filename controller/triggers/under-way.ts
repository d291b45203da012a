// Whether the run that a schedule set off last is still under way. What is asked in one turn of the event loop is one question.
import { isOver } from "../../model/run.ts";
import type { RunHistory } from "../runs/history.ts";
import { type LastRun, slotEventId } from "./slot-reporting.ts";

/** What one question to the history may hold. */
const idsPerQuestion = 1_000;

export type UnderWay = (workflow: string, last: LastRun) => Promise<boolean>;

type Question = {
  readonly run: string;
  readonly slotEvent: string;
  readonly resolve: (underWay: boolean) => void;
  readonly reject: (error: unknown) => void;
};

export function createUnderWay(history: Pick<RunHistory, "runsById" | "knownEvents" | "streamEnd">): UnderWay {
  let turn: Question[] = [];

  return (workflow, { run, due }) => {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const slotEvent = slotEventId(workflow, due);
    if (turn.push({ run, slotEvent, resolve, reject }) === 1) setImmediate(askTurn);
    return promise;
  };

  function askTurn(): void {
    const questions = turn;
    turn = [];
    for (let from = 0; from < questions.length; from += idsPerQuestion) {
      const asked = questions.slice(from, from + idsPerQuestion);
      answer(asked).catch((error: unknown) => {
        for (const question of asked) question.reject(error);
      });
    }
  }

  /** A run that the history does not know waits for its slot's event to be read; one whose event is gone, too, is long over. */
  async function answer(questions: readonly Question[]): Promise<void> {
    const passed = await history.streamEnd();
    const records = await history.runsById(
      questions.map(({ run }) => run),
      passed,
    );
    const byId = new Map(records.map((record) => [record.id, record]));
    const unknown = questions.filter(({ run }) => !byId.has(run)).map(({ slotEvent }) => slotEvent);
    const waiting = unknown.length === 0 ? new Set<string>() : await history.knownEvents(unknown, passed);
    for (const { run, slotEvent, resolve } of questions) {
      const record = byId.get(run);
      resolve(record ? !isOver(record) : waiting.has(slotEvent));
    }
  }
}
