// Which events have which terms: SQLite's full-text index (FTS5) without content, positions or sizes, in shards by stream sequence.
//
//   T1. Nothing is ever deleted from a shard: whoever asks names the first sequence that counts, and a shard that lies below it is
//       dropped as a whole.
//   T2. Results come in order of sequence, either way, without sorting.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { tokenOf, tokenizer } from "./event-terms.ts";

/** Sequences per shard: few enough to be let go of often, many enough that a rare term is looked up in few places. */
const shardSequences = 1_000_000;

export type SequenceRange = { readonly from: number; readonly to: number };

export type TermIndex = {
  /** Within the caller's transaction. */
  add(seq: number, terms: readonly string[]): void;
  /** Sequences within the range of events that fit the FTS5 expression. */
  sequences(expression: string, range: SequenceRange, order: "newest" | "oldest"): Generator<number>;
  /** How many there are, counted up to `countMax`. */
  count(expression: string, range: SequenceRange, countMax: number): number;
  /** Within the caller's transaction. */
  forgetBelow(first: number): void;
  /** After a transaction that failed. */
  reload(): void;
};

const name = (shard: number): string => `term_${shard}`;

export function createTermIndex(db: DatabaseSync): TermIndex {
  const statements = new Map<string, StatementSync>();
  let shards = existing();

  return {
    add(seq, terms) {
      const shard = Math.floor(seq / shardSequences);
      if (!shards.includes(shard)) create(shard);
      prepared(`INSERT INTO ${name(shard)} (rowid, terms) VALUES (?, ?)`).run(seq, terms.map(tokenOf).join(" "));
    },
    *sequences(expression, range, order) {
      const direction = order === "newest" ? "DESC" : "ASC";
      for (const shard of order === "newest" ? within(range).toReversed() : within(range)) {
        const table = name(shard);
        const sql = `SELECT rowid FROM ${table} WHERE ${table} MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid ${direction}`;
        for (const row of db.prepare(sql).iterate(expression, range.from, range.to)) yield Number(row["rowid"]);
      }
    },
    count(expression, range, countMax) {
      let counted = 0;
      for (const shard of within(range)) {
        const table = name(shard);
        const sql = `SELECT count(*) AS n FROM (SELECT 1 FROM ${table} WHERE ${table} MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?)`;
        const row = prepared(sql).get(
          expression,
          range.from,
          range.to,
          Math.min(countMax - counted, Number.MAX_SAFE_INTEGER),
        );
        counted += Number(row?.["n"] ?? 0);
        if (counted >= countMax) break;
      }
      return counted;
    },
    forgetBelow(first) {
      for (const shard of shards.filter((one) => (one + 1) * shardSequences <= first)) {
        statements.clear();
        db.exec(`DROP TABLE ${name(shard)}`);
        shards = shards.filter((one) => one !== shard);
      }
    },
    reload() {
      statements.clear();
      shards = existing();
    },
  };

  function create(shard: number): void {
    const options = `content='', detail=none, columnsize=0, tokenize="${tokenizer}"`;
    db.exec(`CREATE VIRTUAL TABLE IF NOT EXISTS ${name(shard)} USING fts5(terms, ${options})`);
    shards = [...shards, shard].toSorted((a, b) => a - b);
  }

  function within({ from, to }: SequenceRange): readonly number[] {
    return shards.filter((shard) => (shard + 1) * shardSequences > from && shard * shardSequences <= to);
  }

  function prepared(sql: string): StatementSync {
    let statement = statements.get(sql);
    if (!statement) statements.set(sql, (statement = db.prepare(sql)));
    return statement;
  }

  function existing(): readonly number[] {
    const rows = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'term_[0-9]*'").all();
    return rows
      .map((row) => String(row["name"]).slice("term_".length))
      .filter((text) => /^\d+$/.test(text))
      .map(Number)
      .toSorted((a, b) => a - b);
  }
}
