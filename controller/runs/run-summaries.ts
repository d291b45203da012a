// What the runs of workflows are like now, many workflows in one question: how many are in the queue, and how the last one ended.
//
//   S1. Counted in an index of its own that holds only runs that are not over, so a long history costs nothing.
//   S2. A daemon's runs wait in no queue and are not counted; they can be the last one.
import type { DatabaseSync } from "node:sqlite";
import type { Outcome } from "../../model/run.ts";
import type { RunRecord, RunsSummary } from "./history.ts";

const errorCharsMax = 200;

export const summaryIndexes = `
  CREATE INDEX IF NOT EXISTS run_open ON run (workflow, state, at) WHERE forgettable = 0;
`;

export function createRunSummaries(db: DatabaseSync): (workflows: readonly string[]) => readonly RunsSummary[] {
  const countOpen = db.prepare(
    "SELECT state, count(*) AS runs FROM run INDEXED BY run_open WHERE forgettable = 0 AND workflow = ? GROUP BY state",
  );
  const findLast = db.prepare(
    "SELECT json FROM run WHERE workflow = ? AND state NOT IN ('queued', 'started') ORDER BY at DESC LIMIT 1",
  );
  return (workflows) => workflows.map((workflow) => ({ workflow, ...queueOf(workflow), last: lastOf(workflow) }));

  /** One that waits to be given again is in the queue, too, whatever became of its last attempt. */
  function queueOf(workflow: string): Pick<RunsSummary, "queued" | "started"> {
    let [queued, started] = [0, 0];
    for (const row of countOpen.all(workflow)) {
      if (row["state"] === "started") started += Number(row["runs"]);
      else queued += Number(row["runs"]);
    }
    return { queued, started };
  }

  function lastOf(workflow: string): RunsSummary["last"] {
    const row = findLast.get(workflow);
    if (!row) return null;
    const { id, state, revision, queuedAt, startedAt, finishedAt, outcome } = JSON.parse(
      String(row["json"]),
    ) as RunRecord;
    return { id, state, revision, at: finishedAt ?? startedAt ?? queuedAt, error: outcome && headline(outcome) };
  }
}

/** Why it did not complete, in one line; null when it did. */
export function headline(outcome: Outcome): string | null {
  const text = reasonOf(outcome);
  const line = text?.split("\n").find((one) => one.trim() !== "") ?? text;
  return line !== null && line.length > errorCharsMax ? `${line.slice(0, errorCharsMax - 1)}…`.toWellFormed() : line;
}

function reasonOf(outcome: Outcome): string | null {
  switch (outcome.kind) {
    case "completed":
      return null;
    case "failed":
      return outcome.error.message;
    case "timed-out":
      return `it took longer than ${outcome.afterMs / 1_000} s`;
    case "dead":
      return outcome.last === null ? outcome.reason : reasonOf(outcome.last);
    case "stopped":
    case "skipped":
    case "refused":
      return outcome.reason;
  }
}
