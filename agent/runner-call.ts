// One run while it is in a runner: what it may take, what was heard of it so far, and what ends it early.
import type { Outcome, RunError } from "../model/run.ts";
import type { Deadlines } from "./deadlines.ts";
import { reasonOf } from "./log.ts";
import type { Cut } from "./runner-outcome.ts";

export type Limits = {
  /** 0: none. */
  readonly timeoutMs: number;
  readonly stopGraceMs: number;
  /** Its reason becomes the reason of the outcome. */
  readonly signal: AbortSignal;
};

/** `begun` false: the process had ended before it heard of the run, so no user code ran for it. */
export type Performance = { readonly outcome: Outcome; readonly begun: boolean };

export type Call = {
  readonly limits: Limits;
  readonly settle: (performance: Performance) => void;
  /** Nothing ends it early any more. */
  readonly release: () => void;
  cut: Cut | null;
  /** What a handler said; it counts from the next turn of the event loop on. */
  answer: Outcome | null;
  result: unknown;
  uncaught: RunError | null;
  /** Its process said something about it. */
  begun: boolean;
};

export type CallParts = {
  readonly deadlines: Deadlines;
  readonly settle: Call["settle"];
  readonly cutShort: (call: Call, cut: Cut) => void;
};

/** `cutShort` is called when the time is over or the signal fires; a signal that has fired already is the caller's to see. */
export function beginCall(limits: Limits, { deadlines, settle, cutShort }: CallParts): Call {
  const { timeoutMs, signal } = limits;
  const onStop = (): void => cutShort(call, stoppedBy(signal));
  const onTime = (): void => cutShort(call, { kind: "timed-out", afterMs: timeoutMs });
  const inTime = timeoutMs > 0 ? deadlines.add(timeoutMs, onTime) : null;
  signal.addEventListener("abort", onStop, { once: true });
  const release = (): void => {
    inTime?.();
    signal.removeEventListener("abort", onStop);
  };
  const call: Call = {
    limits,
    settle,
    release,
    cut: null,
    answer: null,
    result: undefined,
    uncaught: null,
    begun: false,
  };
  return call;
}

export function stoppedBy(signal: AbortSignal): Cut {
  return { kind: "stopped", reason: reasonOf(signal.reason) };
}
