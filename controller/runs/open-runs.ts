// What waits and what is under way now, of all workflows at once, and since when the oldest waits.
//
//   O1. Counted in an index that holds only runs that are not over: 250,000 of them take some tens of milliseconds, a long history
//       nothing.
//   O2. A daemon's runs wait in no queue and are not counted.
import type { DatabaseSync } from "node:sqlite";

export type OpenRuns = {
  readonly workflow: string;
  /** Runs that wait, also those that wait to be given again. */
  readonly queued: number;
  readonly started: number;
  /** When the oldest of those that wait was queued, as an ISO 8601 instant; null: none waits. */
  readonly oldestQueuedAt: string | null;
};

export function createOpenRuns(db: DatabaseSync): () => readonly OpenRuns[] {
  const read = db.prepare(
    `SELECT workflow, state = 'started' AS isStarted, count(*) AS runs, min(at) AS oldest FROM run INDEXED BY run_open
     WHERE forgettable = 0 GROUP BY workflow, isStarted`,
  );
  return () => {
    const all = new Map<string, OpenRuns>();
    for (const row of read.all()) {
      const workflow = String(row["workflow"]);
      const known = all.get(workflow) ?? { workflow, queued: 0, started: 0, oldestQueuedAt: null };
      const runs = Number(row["runs"]);
      const more = row["isStarted"] === 1 ? { started: runs } : { queued: runs, oldestQueuedAt: String(row["oldest"]) };
      all.set(workflow, { ...known, ...more });
    }
    return [...all.values()];
  };
}
