// What the agent knows of its instance at this moment. Parts write to it as things happen; reports and the gateway read it.
import type { Assignment, InstanceReport } from "../bus/assignment.ts";

/** The execution that user code is in; it marks the events and output of that code. */
export type CurrentRun = { readonly id: string; readonly cause?: string; readonly hops?: number };

type Changeable = Pick<InstanceReport, "state" | "restarts" | "lastError" | "lastRun">;

export type Status = {
  readonly run: CurrentRun | null;
  readonly report: InstanceReport;
  enterRun(run: CurrentRun, change: Partial<Changeable>): void;
  leaveRun(change: Partial<Changeable>): void;
  /** Once stopping, always stopping: later states of user code do not show any more. */
  stopping(): void;
  countEventsLost(count: number): void;
  countLogLinesDropped(count: number): void;
  /** `listener` hears of every change until the signal fires. */
  onChange(listener: () => void, signal: AbortSignal): void;
};

export function createStatus(assignment: Assignment, now: () => number): Status {
  const { workflow, instance, deployment, revision } = assignment;
  const listeners = new Set<() => void>();
  let run: CurrentRun | null = null;
  let isStopping = false;
  let eventsLost = 0;
  let logLinesDropped = 0;
  let known: Changeable = { state: { kind: "idle" }, restarts: 0, lastError: null, lastRun: null };

  return {
    get run() {
      return run;
    },
    get report() {
      const state = isStopping ? ({ kind: "stopping" } as const) : known.state;
      const at = new Date(now()).toISOString();
      return { workflow, instance, deployment, revision, at, ...known, state, eventsLost, logLinesDropped };
    },
    enterRun(entered, change) {
      run = entered;
      apply(change);
    },
    leaveRun(change) {
      run = null;
      apply(change);
    },
    stopping() {
      isStopping = true;
      changed();
    },
    countEventsLost(count) {
      eventsLost += count;
      changed();
    },
    countLogLinesDropped(count) {
      logLinesDropped += count;
      changed();
    },
    onChange(listener, signal) {
      listeners.add(listener);
      signal.addEventListener("abort", () => listeners.delete(listener), { once: true });
    },
  };

  function apply(change: Partial<Changeable>): void {
    known = { ...known, ...change };
    changed();
  }

  function changed(): void {
    for (const listener of listeners) listener();
  }
}
