// Questions that may take long, in slices: between two of them short questions, events and cancellations have their turn.
//
//   L1. What came last is tried for one slice before it waits for anything, so what is quick is answered whatever else is asked.
//   L2. Of those that take longer runningMax go on in turns, and waitingMax wait; more are refused.
//   L3. None is worked on longer than limitMs from when it was asked, nor after it was cancelled.
import type { Reading } from "./index-reader.ts";
import type { Asked } from "./questions.ts";

/** Long enough for the others to be worth it, short enough that nobody notices the wait. */
const sliceMs = 10;
/** Each holds up to 30 MB while it lasts. The more go on at once, the later all of them are done: too late, if there were many. */
const runningMax = 2;
const waitingMax = 32;
/** Whoever asked has given up by then, or asks too much. */
export const limitMs = 30_000;
/** Asking for the time takes as long as a step. */
const stepsBetweenLooks = 16;

export type SlowQuestions = {
  add(asked: Asked): void;
  cancel(id: number): void;
  /** Gives all of them up, and returns them. */
  clear(): readonly Asked[];
};

export type SlowParts = {
  readonly begin: (asked: Asked) => Reading;
  readonly onAnswer: (asked: Asked, answer: unknown) => void;
  readonly onRefused: (asked: Asked, reason: string) => void;
  /** The reading threw. */
  readonly onFailed: (asked: Asked, error: unknown) => void;
  readonly nowMs: () => number;
  /** Calls back when others have had their turn. */
  readonly later: (turn: () => void) => void;
};

type Running = { readonly asked: Asked; readonly reading: Reading };

export function createSlowQuestions(parts: SlowParts): SlowQuestions {
  const { begin, onAnswer, onRefused, onFailed, nowMs, later } = parts;
  let fresh: Asked[] = [];
  let waiting: Asked[] = [];
  let running: Running[] = [];
  let isScheduled = false;
  let isFreshsTurn = false;

  return {
    add(asked) {
      fresh.push(asked);
      schedule();
    },
    cancel(id) {
      fresh = fresh.filter((one) => one.id !== id);
      waiting = waiting.filter((one) => one.id !== id);
      for (const { asked, reading } of running) if (asked.id === id) reading.end();
      running = running.filter(({ asked }) => asked.id !== id);
    },
    clear() {
      for (const { reading } of running) reading.end();
      const all = [...running.map(({ asked }) => asked), ...waiting, ...fresh];
      [running, waiting, fresh] = [[], [], []];
      return all;
    },
  };

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    later(turn);
  }

  function turn(): void {
    isScheduled = false;
    const next = takeNext();
    if (next !== null) advance(next);
    if (running.length + waiting.length + fresh.length > 0) schedule();
  }

  function takeNext(): Running | null {
    refuseOverdue();
    const [first] = waiting;
    if (first !== undefined && running.length < runningMax) {
      waiting.shift();
      return begun(first);
    }
    isFreshsTurn = !isFreshsTurn;
    const last = isFreshsTurn || running.length === 0 ? fresh.shift() : undefined;
    return last === undefined ? (running.shift() ?? null) : begun(last);
  }

  /** In order of asking, so the first that waits is overdue first. */
  function refuseOverdue(): void {
    for (let [first] = waiting; first !== undefined && isOverdue(first); [first] = waiting) {
      waiting.shift();
      onRefused(first, overdue);
    }
  }

  function begun(asked: Asked): Running | null {
    if (isOverdue(asked)) {
      onRefused(asked, overdue);
      return null;
    }
    try {
      return { asked, reading: begin(asked) };
    } catch (error) {
      onFailed(asked, error);
      return null;
    }
  }

  function advance(one: Running): void {
    const { asked, reading } = one;
    if (isOverdue(asked)) {
      reading.end();
      return onRefused(asked, overdue);
    }
    let step;
    try {
      step = slice(reading);
    } catch (error) {
      reading.end();
      return onFailed(asked, error);
    }
    if (step.done) {
      reading.end();
      return onAnswer(asked, step.value);
    }
    if (running.length < runningMax) return void running.push(one);
    // It was only tried, and begins anew when it is its turn.
    reading.end();
    if (waiting.length < waitingMax) return void waiting.push(asked);
    onRefused(asked, `${runningMax + waitingMax} questions that take long are asked already; ask again later`);
  }

  function slice({ steps }: Reading): IteratorResult<undefined, unknown> {
    const untilMs = nowMs() + sliceMs;
    for (;;) {
      for (let n = 0; n < stepsBetweenLooks; n += 1) {
        const step = steps.next();
        if (step.done) return step;
      }
      if (nowMs() >= untilMs) return { done: false, value: undefined };
    }
  }

  function isOverdue({ askedAtMs }: Asked): boolean {
    return nowMs() >= askedAtMs + limitMs;
  }
}

const overdue = `it took longer than ${limitMs / 1_000} s to compute; narrow the range of time, or ask for less`;
