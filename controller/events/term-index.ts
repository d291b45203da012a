// Which events have which terms: SQLite's full-text index (FTS5) without content, positions or sizes, in shards by stream sequence.
//
//   T1. Nothing is ever deleted from a shard: whoever asks names the first sequence that counts, and a shard that lies below it is
//       dropped as a whole.
//   T2. Results come in order of sequence, either way, without sorting.
//   T3. What is written in many pieces is merged into one from time to time (`tidy`): questions look into each piece, and are
//       two to three times as quick with one.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { tokenizer } from "./event-terms.ts";

/** Sequences per shard: few enough to be let go of often, many enough that a rare term is looked up in few places. */
const shardSequences = 1_000_000;
/** Merged in one step, in some 3 ms. */
const mergedPages = 128;
/** A shard is merged again when it has grown by so many sequences, and by this part of itself. */
const grownMin = 20_000;
const grownPart = 0.25;
/** Fewer changes than this, SQLite says, mean that there was nothing to merge. */
const changesOfMerging = 2;

export type SequenceRange = { readonly from: number; readonly to: number };

export type TermIndex = {
  /** Within the caller's transaction. `words`: the tokens of the terms, with spaces between them. */
  add(seq: number, words: string): void;
  /** Sequences within the range of events that fit the FTS5 expression. */
  sequences(expression: string, range: SequenceRange, order: "newest" | "oldest"): Generator<number>;
  /** How many there are, counted up to `countMax`. */
  count(expression: string, range: SequenceRange, countMax: number): number;
  /** Within the caller's transaction. */
  forgetBelow(first: number): void;
  /** One step of merging, outside of a transaction. True: there is nothing to merge now. */
  tidy(): boolean;
  /** After a transaction that failed. */
  reload(): void;
};

/** Numbers arrive at SQLite as REAL; FTS5 seeks to bounds that are INTEGER, and for others looks at all that a term has. */
const between = "rowid BETWEEN CAST(? AS INTEGER) AND CAST(? AS INTEGER)";

const name = (shard: number): string => `term_${shard}`;

/** The last sequence that is in the same shard. */
export function shardEnd(seq: number): number {
  return (Math.floor(seq / shardSequences) + 1) * shardSequences - 1;
}

export function createTermIndex(db: DatabaseSync): TermIndex {
  const statements = new Map<string, StatementSync>();
  let shards = existing();
  let newest: { readonly shard: number; readonly insert: StatementSync } | null = null;
  let last = 0;
  /** Up to there shards were merged, or are about to be. */
  let merged = 0;
  let merging: number | null = null;
  /** Shards that are to be merged; of those that an earlier process wrote it is not known. */
  const untidy = new Set(shards);

  return {
    add(seq, words) {
      const shard = Math.floor(seq / shardSequences);
      if (newest?.shard !== shard) newest = { shard, insert: insertInto(shard) };
      newest.insert.run(seq, words);
      last = seq;
    },
    *sequences(expression, range, order) {
      const direction = order === "newest" ? "DESC" : "ASC";
      for (const shard of order === "newest" ? within(range).toReversed() : within(range)) {
        const table = name(shard);
        const sql = `SELECT rowid FROM ${table} WHERE ${table} MATCH ? AND ${between} ORDER BY rowid ${direction}`;
        for (const row of db.prepare(sql).iterate(expression, range.from, range.to)) yield Number(row["rowid"]);
      }
    },
    count(expression, range, countMax) {
      let counted = 0;
      for (const shard of within(range)) {
        const table = name(shard);
        const sql = `SELECT count(*) AS n FROM (SELECT 1 FROM ${table} WHERE ${table} MATCH ? AND ${between} LIMIT ?)`;
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
        newest = null;
        db.exec(`DROP TABLE ${name(shard)}`);
        shards = shards.filter((one) => one !== shard);
      }
    },
    tidy() {
      const size = last % shardSequences;
      if (last - merged > Math.max(grownMin, size * grownPart)) {
        for (const shard of within({ from: merged, to: last })) untidy.add(shard);
        merged = last;
      }
      if (untidy.size === 0) return true;
      const shard = Math.max(...untidy);
      if (!shards.includes(shard) || isMerged(shard)) untidy.delete(shard);
      return untidy.size === 0;
    },
    reload() {
      statements.clear();
      newest = null;
      shards = existing();
    },
  };

  /** The negative number begins to merge all, the others go on; what changes nothing has nothing left to merge. */
  function isMerged(shard: number): boolean {
    const table = name(shard);
    const pages = merging === shard ? mergedPages : -mergedPages;
    merging = shard;
    const before = totalChanges();
    prepared(`INSERT INTO ${table} (${table}, rank) VALUES ('merge', ?)`).run(pages);
    if (totalChanges() - before >= changesOfMerging) return false;
    merging = null;
    return true;
  }

  function totalChanges(): number {
    return Number(prepared("SELECT total_changes() AS n").get()?.["n"]);
  }

  function insertInto(shard: number): StatementSync {
    if (!shards.includes(shard)) create(shard);
    return prepared(`INSERT INTO ${name(shard)} (rowid, terms) VALUES (?, ?)`);
  }

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
