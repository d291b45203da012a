// Whom to look at. A pass costs what changes, not what exists: ten thousand workflows that wait for their trigger are looked at
// now and then, in case something was missed, and otherwise when something happens to one of them or its time has come.
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { Decision } from "./decision.ts";

/** All workflows are looked at this often. */
const sweepEveryMs = 5_000;

export type Agenda = {
  /** This workflow was saved or deleted. */
  changed(workflow: string): void;
  /** Any may have been; all are looked at next. */
  anyChanged(): void;
  /** What was being done to it is done: it is looked at next. */
  touched(workflow: string): void;
  /** What was decided says when to look at it again. */
  decided(workflow: string, decision: Pick<Decision, "lookAgainMs" | "active">): void;
  /** Its last traces are gone. */
  released(workflow: string): void;
  /** Deleted, and its runs not known to be gone. */
  isDeleted(workflow: string): boolean;
  /** Whom to look at now, beside `present`: those of which anything runs. */
  next(present: ReadonlySet<string>): ReadonlySet<string>;
  /** When the next one's time comes. */
  untilMs(): number;
  /** Those that have work or agents. */
  readonly active: ReadonlySet<string>;
};

export function createAgenda(parts: {
  workflows: { list(): LiveWorkflow[]; get(name: string): LiveWorkflow | null };
  nowMs: () => number;
}): Agenda {
  const { workflows, nowMs } = parts;
  const deleted = new Set<string>();
  const active = new Set<string>();
  const due = new Map<string, number>();
  let names = new Set<string>();
  let touched = new Set<string>();
  let presentBefore: ReadonlySet<string> = new Set();
  let sweepAtMs = -Infinity;

  return {
    active,
    changed(workflow) {
      touched.add(workflow);
      if (workflows.get(workflow) === null) {
        names.delete(workflow);
        deleted.add(workflow);
      } else {
        names.add(workflow);
        deleted.delete(workflow);
      }
    },
    anyChanged() {
      sweepAtMs = -Infinity;
    },
    touched: (workflow) => void touched.add(workflow),
    decided(workflow, decision) {
      if (decision.active) active.add(workflow);
      else active.delete(workflow);
      if (decision.lookAgainMs === Infinity) due.delete(workflow);
      else due.set(workflow, decision.lookAgainMs);
    },
    released: (workflow) => void deleted.delete(workflow),
    isDeleted: (workflow) => deleted.has(workflow),
    next(present) {
      const sweeps = nowMs() >= sweepAtMs;
      if (sweeps) learnNames();
      const chosen = new Set([
        ...touched,
        ...active,
        ...deleted,
        ...presentBefore,
        ...present,
        ...(sweeps ? names : []),
      ]);
      for (const [name, ms] of due) if (ms <= nowMs()) chosen.add(name);
      touched = new Set();
      presentBefore = present;
      return chosen;
    },
    untilMs() {
      let soonestMs = sweepAtMs;
      for (const ms of due.values()) soonestMs = Math.min(soonestMs, ms);
      return soonestMs;
    },
  };

  function learnNames(): void {
    const listed = new Set(workflows.list().map((entry) => entry.artifact.name));
    for (const name of names) if (!listed.has(name)) deleted.add(name);
    for (const name of deleted) if (listed.has(name)) deleted.delete(name);
    names = listed;
    sweepAtMs = nowMs() + sweepEveryMs;
  }
}
