// What is counted per minute of the events' own time: where in the stream the events of a minute lie, and for every shared term how
// many there are and what the numbers among their values add up to.
//
//   M1. A range of time becomes a range of sequences. A late event widens its minute; nothing is missed, whatever senders say of
//       the time.
//   M2. Sums of a minute count only while the stream still has all of its events; else they are computed from those that are left.
//   M3. `total` of a minute changes with every event in it, so whatever was computed from the minute can tell whether it still holds.
import type { DatabaseSync } from "node:sqlite";
import { joined } from "./stretches.ts";
import type { SequenceRange } from "./term-index.ts";

export const minuteMs = 60_000;

export const minuteTables = ["minute", "rollup"] as const;

const schema = `
  CREATE TABLE IF NOT EXISTS minute (
    minute INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, total INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS rollup (
    minute INTEGER NOT NULL, term INTEGER NOT NULL, events INTEGER NOT NULL, numbers INTEGER NOT NULL, sum REAL NOT NULL,
    low REAL, high REAL, PRIMARY KEY (minute, term)
  ) WITHOUT ROWID;
`;

/** Partial results that add up. `low` and `high` are null without numbers. */
export type Sums = { events: number; numbers: number; sum: number; low: number | null; high: number | null };
export type Minute = { readonly minute: number; readonly first: number; readonly last: number; readonly total: number };

export type Minutes = {
  /** Collects for `settle`. `terms` are ids; the id 0 stands for every event. */
  add(seq: number, timeMs: number, terms: readonly number[], value: unknown): void;
  /** Within the caller's transaction, after a batch. */
  settle(): void;
  /** Minutes from `from` up to and without `to` that have events. */
  between(from: number, to: number): readonly Minute[];
  /** Sums of one term in these minutes, of those that have it. */
  rollups(term: number, from: number, to: number): readonly (Sums & { readonly minute: number })[];
  /** Where all events of this time lie; null when there are none. */
  sequences(fromMs: number, toMs: number): SequenceRange | null;
  /** The same in stretches, so that a few events of a time that lie apart do not stand for all that lies between. */
  stretches(fromMs: number, toMs: number): readonly SequenceRange[];
  /** From the first up to and without the last instant (ms) that events can have; null when there are none. */
  extent(): { readonly fromMs: number; readonly toMs: number } | null;
  forgetBelow(first: number): void;
  /** After a transaction that failed. */
  reload(): void;
};

export function noSums(): Sums {
  return { events: 0, numbers: 0, sum: 0, low: null, high: null };
}

export function addNumber(sums: Sums, number: number): void {
  sums.numbers += 1;
  sums.sum += number;
  sums.low = sums.low === null ? number : Math.min(sums.low, number);
  sums.high = sums.high === null ? number : Math.max(sums.high, number);
}

export function addSums(sums: Sums, more: Readonly<Sums>): void {
  sums.events += more.events;
  sums.numbers += more.numbers;
  sums.sum += more.sum;
  if (more.low !== null) sums.low = sums.low === null ? more.low : Math.min(sums.low, more.low);
  if (more.high !== null) sums.high = sums.high === null ? more.high : Math.max(sums.high, more.high);
}

export function createMinutes(db: DatabaseSync): Minutes {
  db.exec(schema);
  const writeMinute = db.prepare(
    `INSERT INTO minute VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET first = min(first, excluded.first),
     last = max(last, excluded.last), total = total + excluded.total`,
  );
  const writeRollup = db.prepare(
    `INSERT INTO rollup VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET events = events + excluded.events,
     numbers = numbers + excluded.numbers, sum = sum + excluded.sum, low = min(ifnull(low, excluded.low), ifnull(excluded.low, low)),
     high = max(ifnull(high, excluded.high), ifnull(excluded.high, high))`,
  );
  const list = db.prepare("SELECT * FROM minute WHERE minute >= ? AND minute < ? ORDER BY minute");
  const read = db.prepare(
    `SELECT r.* FROM minute m CROSS JOIN rollup r ON r.minute = m.minute AND r.term = ? WHERE m.minute >= ? AND m.minute < ?`,
  );
  const bounds = db.prepare(
    "SELECT min(first) AS first, max(last) AS last FROM minute WHERE minute >= ? AND minute <= ?",
  );
  const spansOf = db.prepare(
    'SELECT first AS "from", last AS "to" FROM minute WHERE minute >= ? AND minute <= ? ORDER BY first',
  );
  const ends = db.prepare("SELECT min(minute) AS low, max(minute) AS high FROM minute");
  let spans = new Map<number, { first: number; last: number; total: number }>();
  let gathered = new Map<number, Map<number, Sums>>();

  return {
    add(seq, timeMs, terms, value) {
      const minute = Math.floor(timeMs / minuteMs);
      const span = spans.get(minute);
      if (span) {
        span.first = Math.min(span.first, seq);
        span.last = Math.max(span.last, seq);
        span.total += 1;
      } else spans.set(minute, { first: seq, last: seq, total: 1 });
      let ofMinute = gathered.get(minute);
      if (!ofMinute) gathered.set(minute, (ofMinute = new Map()));
      count(ofMinute, 0, value);
      for (const term of terms) count(ofMinute, term, value);
    },
    settle() {
      for (const [minute, { first, last, total }] of spans) writeMinute.run(minute, first, last, total);
      for (const [minute, sums] of gathered)
        for (const [term, { events, numbers, sum, low, high }] of sums)
          writeRollup.run(minute, term, events, numbers, sum, low, high);
      empty();
    },
    between: (from, to) => list.all(from, to).map((row) => row as unknown as Minute),
    rollups: (term, from, to) => read.all(term, from, to) as unknown as (Sums & { minute: number })[],
    sequences(fromMs, toMs) {
      const row = bounds.get(Math.floor(fromMs / minuteMs), Math.floor(toMs / minuteMs));
      return row?.["first"] === null || row === undefined
        ? null
        : { from: Number(row["first"]), to: Number(row["last"]) };
    },
    stretches: (fromMs, toMs) =>
      joined(
        spansOf.iterate(
          Math.floor(fromMs / minuteMs),
          Math.floor(toMs / minuteMs),
        ) as Iterable<unknown> as Iterable<SequenceRange>,
      ),
    extent() {
      const row = ends.get();
      if (row === undefined || row["low"] === null) return null;
      return { fromMs: Number(row["low"]) * minuteMs, toMs: (Number(row["high"]) + 1) * minuteMs };
    },
    forgetBelow(first) {
      db.prepare("DELETE FROM rollup WHERE minute IN (SELECT minute FROM minute WHERE last < ?)").run(first);
      db.prepare("DELETE FROM minute WHERE last < ?").run(first);
    },
    reload: empty,
  };

  function count(ofMinute: Map<number, Sums>, term: number, value: unknown): void {
    let sums = ofMinute.get(term);
    if (!sums) ofMinute.set(term, (sums = noSums()));
    sums.events += 1;
    if (typeof value === "number") addNumber(sums, value);
  }

  function empty(): void {
    spans = new Map();
    gathered = new Map();
  }
}
