// Asks the controller what became of runs. The run history is its alone, and always complete for whoever asks.
//
//   Q1. One question is under way at a time, about idsMax runs at most; what is asked meanwhile goes into the next one.
//   Q2. While no controller answers, the question is repeated until the signal fires; nothing is guessed.
import type { Answer } from "./answer.ts";
import type { Connection } from "./connection.ts";
import { forward } from "./forward.ts";
import { log } from "./log.ts";
import { type PastRun, parsePastRuns } from "./past-run.ts";

const idsMax = 64;
const pauseMs = 250;
const answerWaitMs = 10_000;
/** The status of an answer that would not fit into one message. */
const tooLarge = 413;
/** A controller that stays away is mentioned this often. */
const complainEveryMs = 30_000;

export type Questions = {
  /** Calls back with what the history knows of the run, or null when it knows nothing. Not at all once the signal has fired. */
  ask(run: string, answered: (record: PastRun | null) => void): void;
};

type Question = { readonly run: string; readonly answered: (record: PastRun | null) => void };

export function createQuestions(connection: Connection, workflow: string, signal: AbortSignal): Questions {
  const waiting: Question[] = [];
  let asking = false;
  let idsNext = idsMax;
  let complainedAtMs = 0;

  return {
    ask(run, answered) {
      waiting.push({ run, answered });
      if (asking) return;
      asking = true;
      // What arrives in the same turn is asked about together.
      setImmediate(() => void askAll().finally(() => (asking = false)));
    },
  };

  async function askAll(): Promise<void> {
    while (waiting.length > 0 && !signal.aborted) {
      const questions = waiting.slice(0, idsNext);
      const records = await recordsOf(questions.map(({ run }) => run));
      if (signal.aborted) return;
      if (records === null) {
        await connection.change(pauseMs);
        continue;
      }
      waiting.splice(0, questions.length);
      idsNext = idsMax;
      for (const { run, answered } of questions) answered(records.find(({ id }) => id === run) ?? null);
    }
  }

  async function recordsOf(runs: readonly string[]): Promise<readonly PastRun[] | null> {
    const ids = [...new Set(runs)].map((run) => `id=${encodeURIComponent(run)}`).join("&");
    const url = `/api/v1/runs?${ids}&per_page=${idsMax}`;
    const asked = forward(connection, workflow, { method: "GET", url, headers: {}, body: "", origin: null });
    // An answer that was lost with the connection is not waited for.
    const answer = await Promise.race([asked, connection.change(answerWaitMs)]);
    if (!answer) return null;
    if (answer.status === tooLarge) idsNext = Math.max(1, Math.floor(idsNext / 2));
    const records = answer.status === 200 ? parsePastRuns(answer.body) : null;
    if (records === null) complain(answer);
    return records;
  }

  function complain({ status, body }: Answer): void {
    const nowMs = Date.now();
    if (nowMs - complainedAtMs < complainEveryMs) return;
    complainedAtMs = nowMs;
    log.warn("runs wait for a controller that knows what became of them", { status, answer: body.slice(0, 300) });
  }
}
