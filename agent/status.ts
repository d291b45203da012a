// What the agent knows of its instance at this moment. Parts write to it as things happen; reports and the gateway read it.
import type { Assignment, InstanceReport } from "../bus/assignment.ts";
import type { RunReport } from "../model/run.ts";

/** The execution that user code is in; it marks the events and output of that code. */
export type CurrentRun = { readonly id: string; readonly cause?: string; readonly hops?: number };

/** What runs sent last may arrive after their end; so many that ended are remembered. */
const endedMax = 256;

type Changeable = Pick<InstanceReport, "state" | "restarts" | "lastError" | "lastRun">;

export type Status = {
  readonly report: InstanceReport;
  /** The run that says this id of itself; for one that nobody knows, or says nothing, the only one that is under way. */
  runOf(id: string | undefined): CurrentRun | null;
  enterRun(run: CurrentRun, change: Partial<Changeable>): void;
  /** `lastRun` is the one that has ended. */
  leaveRun(change: Partial<Changeable> & { readonly lastRun: RunReport }): void;
  /** Nothing more is taken; what is under way goes on. */
  draining(): void;
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
  const underWay = new Map<string, CurrentRun>();
  const over = new Map<string, CurrentRun>();
  let closing: { readonly kind: "draining" | "stopping" } | null = null;
  let eventsLost = 0;
  let logLinesDropped = 0;
  let known: Changeable = { state: { kind: "idle" }, restarts: 0, lastError: null, lastRun: null };

  return {
    get report() {
      const state = closing ?? known.state;
      const at = new Date(now()).toISOString();
      return { workflow, instance, deployment, revision, at, ...known, state, eventsLost, logLinesDropped };
    },
    runOf(id) {
      const named = id === undefined ? undefined : (underWay.get(id) ?? over.get(id));
      if (named !== undefined) return named;
      const [only] = underWay.values();
      return underWay.size === 1 && only !== undefined ? only : null;
    },
    enterRun(run, change) {
      underWay.set(run.id, run);
      apply(change);
    },
    leaveRun(change) {
      leave(change.lastRun.id);
      apply(change);
    },
    draining() {
      closing ??= { kind: "draining" };
      changed();
    },
    stopping() {
      closing = { kind: "stopping" };
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

  function leave(id: string): void {
    const run = underWay.get(id);
    if (run === undefined) return;
    underWay.delete(id);
    over.delete(id);
    over.set(id, run);
    const [oldest] = over.keys();
    if (over.size > endedMax && oldest !== undefined) over.delete(oldest);
  }

  function apply(change: Partial<Changeable>): void {
    known = { ...known, ...change };
    changed();
  }

  function changed(): void {
    for (const listener of listeners) listener();
  }
}
