// Runs and slots as tables of the event index: written with the events that tell of them, and asked by whoever asks the index.
//
//   T1. The tables follow from the events alone: built again from the same events, they say the same.
//   T2. A run is written once for all its events of a batch, however many they are: most runs begin and end within one.
//   T3. A run is forgotten when it is over and the stream has let go of its last event; a slot when its event is gone.
//   T4. A result of more than resultListedCharsMax is only in the answer about that one run: lists stay small.
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { type RunReport, isOver } from "../../model/run.ts";
import { PageTooLarge, pageBytesMax } from "../events/page.ts";
import type { IndexedEvent } from "../events/questions.ts";
import { type RunStop, believedRun, believedSlot, believedStop } from "./believed.ts";
import type { RunQuery, RunRecord, RunsSummary, SlotQuery, SlotRecord } from "./history.ts";
import { merge, withStop } from "./run-record.ts";
import { type OpenRuns, createOpenRuns } from "./open-runs.ts";
import { createRunSummaries, summaryIndexes } from "./run-summaries.ts";

const resultListedCharsMax = 4_096;

export const historyTables = ["run", "slot"] as const;

export type HistoryStore = {
  /** Within the caller's transaction. */
  add(events: readonly IndexedEvent[]): void;
  forgetBelow(first: number): void;
  run(id: string): RunRecord | null;
  runsById(ids: readonly string[]): readonly RunRecord[];
  runs(query: RunQuery): { readonly runs: readonly RunRecord[]; readonly total: number };
  slots(query: SlotQuery): { readonly slots: readonly SlotRecord[]; readonly total: number };
  summaries(workflows: readonly string[]): readonly RunsSummary[];
  openRuns(): readonly OpenRuns[];
  stopping(countMax: number): readonly RunRecord[];
  causedBy(event: string, countMax: number): readonly RunRecord[];
};

/** `state` has two columns: a dead letter is also found by how its last attempt ended. */
const schema = `
  CREATE TABLE IF NOT EXISTS run (
    id TEXT PRIMARY KEY, workflow TEXT NOT NULL, state TEXT NOT NULL, last TEXT, at TEXT NOT NULL, cause TEXT,
    forgettable INTEGER NOT NULL, seq INTEGER NOT NULL, json TEXT NOT NULL, result TEXT,
    stopping INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS run_at ON run (at);
  CREATE INDEX IF NOT EXISTS run_workflow ON run (workflow, at, state);
  CREATE INDEX IF NOT EXISTS run_uncommon ON run (state, at) WHERE state <> 'completed';
  CREATE INDEX IF NOT EXISTS run_last ON run (last, at) WHERE last IS NOT NULL;
  CREATE INDEX IF NOT EXISTS run_cause ON run (cause);
  CREATE INDEX IF NOT EXISTS run_stopping ON run (stopping) WHERE stopping = 1;
  CREATE INDEX IF NOT EXISTS run_seq ON run (seq) WHERE forgettable = 1;
  CREATE TABLE IF NOT EXISTS slot (
    workflow TEXT NOT NULL, due TEXT NOT NULL, outcome TEXT NOT NULL, event TEXT NOT NULL, seq INTEGER NOT NULL,
    json TEXT NOT NULL, PRIMARY KEY (workflow, due)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS slot_seq ON slot (seq);
`;

type Known = { record: RunRecord; seq: number };

export function createHistoryStore(db: DatabaseSync): HistoryStore {
  db.exec(schema + summaryIndexes);
  const readRun = db.prepare("SELECT json, result, seq FROM run WHERE id = ?");
  const writeRun = db.prepare("INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const writeSlot = db.prepare("INSERT OR IGNORE INTO slot VALUES (?, ?, ?, ?, ?, ?)");

  return {
    add(events) {
      const touched = new Map<string, Known>();
      for (const { seq, event } of events) {
        const report = believedRun(event);
        if (report) learn(touched, report, seq);
        const stop = believedStop(event);
        if (stop) learnStop(touched, stop, seq);
        const slot = believedSlot(event);
        if (slot) writeSlot.run(slot.workflow, slot.due, slot.outcome, event.id, seq, JSON.stringify(slot));
      }
      for (const known of touched.values()) write(known);
    },
    forgetBelow(first) {
      db.prepare("DELETE FROM run WHERE forgettable = 1 AND seq < ?").run(first);
      db.prepare("DELETE FROM slot WHERE seq < ?").run(first);
    },
    run: (id) => read(id)?.record ?? null,
    runsById: (ids) =>
      [...new Set(ids)].flatMap((id) => {
        const row = readRun.get(id);
        return row ? [JSON.parse(String(row["json"])) as RunRecord] : [];
      }),
    runs(query) {
      const { sql, values } = conditions(query);
      const { rows, total } = pageOf("run", { sql, values, order: "at DESC, id" }, query);
      return { runs: rows.map(({ json }) => JSON.parse(json) as RunRecord), total };
    },
    slots(query) {
      const outcome = query.outcome === null ? [] : [query.outcome];
      const sql = `WHERE workflow = ?${outcome.length > 0 ? " AND outcome = ?" : ""}`;
      const { rows, total } = pageOf("slot", { sql, values: [query.workflow, ...outcome], order: "due DESC" }, query);
      const slots = rows.map(({ json, event }) => Object.assign(JSON.parse(json) as SlotRecord, { event }));
      return { slots, total };
    },
    summaries: createRunSummaries(db),
    openRuns: createOpenRuns(db),
    stopping: (countMax) =>
      db
        .prepare("SELECT json FROM run WHERE stopping = 1 LIMIT ?")
        .all(countMax)
        .map((row) => JSON.parse(String(row["json"])) as RunRecord),
    causedBy(event, countMax) {
      const rows = db.prepare("SELECT json FROM run WHERE cause = ? ORDER BY at, id LIMIT ?").all(event, countMax);
      return rows.map((row) => JSON.parse(String(row["json"])) as RunRecord);
    },
  };

  function learn(touched: Map<string, Known>, report: RunReport, seq: number): void {
    const known = touched.get(report.id) ?? read(report.id);
    // Ids of daemons' runs are random and nobody else's: whoever uses one that is taken is not believed.
    if (known && known.record.workflow !== report.workflow) return;
    touched.set(report.id, { record: merge(known?.record ?? null, report), seq: Math.max(seq, known?.seq ?? 0) });
  }

  /** Of a run that is not known nobody can ask for the end. */
  function learnStop(touched: Map<string, Known>, { run, reason }: RunStop, seq: number): void {
    const known = touched.get(run) ?? read(run);
    if (known) touched.set(run, { record: withStop(known.record, reason), seq: Math.max(seq, known.seq) });
  }

  function read(id: string): Known | null {
    const row = readRun.get(id);
    if (!row) return null;
    const record = JSON.parse(String(row["json"])) as RunRecord;
    return { record: withResult(record, row["result"] ?? null), seq: Number(row["seq"]) };
  }

  function write({ record, seq }: Known): void {
    const { kept, result } = withoutLargeResult(record);
    const { id, workflow, state, cause, trigger, outcome } = record;
    const at = record.queuedAt ?? record.startedAt ?? record.finishedAt ?? "";
    const last = outcome?.kind === "dead" ? (outcome.last?.kind ?? null) : null;
    // A daemon's container may die without a word; nobody will ever say more.
    const forgettable = Number(isOver(record) || trigger === "daemon");
    writeRun.run(
      id,
      workflow,
      state,
      last,
      at,
      cause,
      forgettable,
      seq,
      JSON.stringify(kept),
      result,
      Number(record.stopping !== null),
    );
  }

  /** One page of a table, bounded in bytes, and how many rows there are in all. Throws PageTooLarge. */
  function pageOf(
    table: (typeof historyTables)[number],
    { sql, values, order }: { sql: string; values: readonly SQLInputValue[]; order: string },
    { page, perPage }: { readonly page: number; readonly perPage: number },
  ): { rows: { json: string; event: string }[]; total: number } {
    const found = db.prepare(`SELECT * FROM ${table} ${sql} ORDER BY ${order} LIMIT ? OFFSET ?`);
    const rows: { json: string; event: string }[] = [];
    let bytes = 0;
    for (const row of found.iterate(...values, perPage, (page - 1) * perPage)) {
      const json = String(row["json"]);
      bytes += json.length;
      if (bytes > pageBytesMax) throw new PageTooLarge();
      rows.push({ json, event: String(row["event"] ?? "") });
    }
    const count = db.prepare(`SELECT count(*) AS total FROM ${table} ${sql}`).get(...values);
    return { rows, total: Number(count?.["total"] ?? 0) };
  }
}

function conditions({ workflow, state, since }: RunQuery): { sql: string; values: SQLInputValue[] } {
  const terms: string[] = [];
  const values: SQLInputValue[] = [];
  if (workflow !== null) {
    terms.push("workflow = ?");
    values.push(workflow);
  }
  if (state === "completed") terms.push("state = 'completed'");
  else if (state !== null) {
    // Said as the partial indexes say it, so that they are used.
    terms.push("((state = ? AND state <> 'completed') OR (last = ? AND last IS NOT NULL))");
    values.push(state, state);
  }
  if (since !== null) {
    terms.push("at >= ?");
    values.push(since);
  }
  return { sql: terms.length === 0 ? "" : `WHERE ${terms.join(" AND ")}`, values };
}

function withoutLargeResult(record: RunRecord): { kept: RunRecord; result: string | null } {
  const { outcome } = record;
  if (outcome?.kind !== "completed" || outcome.result === undefined) return { kept: record, result: null };
  const result = JSON.stringify(outcome.result);
  if (result.length <= resultListedCharsMax) return { kept: record, result: null };
  return { kept: { ...record, outcome: { kind: "completed", exitCode: outcome.exitCode } }, result };
}

function withResult(record: RunRecord, result: SQLInputValue): RunRecord {
  if (typeof result !== "string" || record.outcome?.kind !== "completed") return record;
  return { ...record, outcome: { ...record.outcome, result: JSON.parse(result) as unknown } };
}
