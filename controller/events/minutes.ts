// What is counted per minute of the events' own time: where in the stream the events of a minute lie, and for every shared term how
// many there are and what the numbers among their values add up to.
//
//   M1. A range of time becomes a range of sequences. A late event widens its minute; nothing is missed, whatever senders say of
//       the time.
//   M2. Sums of a minute count only while the stream still has all of its events; else they are computed from those that are left.
//       A sum that is null or infinite is more than a number can hold, if only on its way: it is computed from the events, too.
//   M3. `total` of a minute changes with every event in it, so whatever was computed from the minute can tell whether it still holds.
import type { DatabaseSync } from "node:sqlite";
import { joined } from "./stretches.ts";
import { type Sums, addNumber, noSums } from "./sums.ts";
import type { SequenceRange } from "./term-index.ts";

export const minuteMs = 60_000;
/** Read in one go, in some 5 ms. */
const windowMinutes = 2_000;
/** A day; of more minutes the stretches are one: reading where each of them lies would take longer than it saves. */
const stretchedMinutesMax = 1_500;

export const minuteTables = ["minute", "rollup"] as const;

const schema = `
  CREATE TABLE IF NOT EXISTS minute (
    minute INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, total INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS rollup (
    minute INTEGER NOT NULL, term INTEGER NOT NULL, events INTEGER NOT NULL, numbers INTEGER NOT NULL, sum REAL,
    low REAL, high REAL, PRIMARY KEY (minute, term)
  ) WITHOUT ROWID;
`;

/** The sums of one term in one minute. */
export type Rollup = Omit<Sums, "scaled" | "sum"> & { readonly sum: number | null };
export type Minute = { readonly minute: number; readonly first: number; readonly last: number; readonly total: number };

/** From the first up to and without the second. */
export type MinuteRange = { readonly from: number; readonly to: number };

export type Minutes = {
  /** Collects for `settle`. `terms` are ids; the id 0 stands for every event. */
  add(seq: number, timeMs: number, terms: readonly number[], value: unknown): void;
  /** Within the caller's transaction, after a batch. */
  settle(): void;
  /** Minutes from `from` up to and without `to` that have events. */
  between(from: number, to: number): readonly Minute[];
  /** The same range in pieces, each read in one go. */
  windows(from: number, to: number): Generator<MinuteRange>;
  /** Minutes that have events below the sequence. */
  cut(within: MinuteRange, first: number): readonly Minute[];
  /** Sums of one term in those minutes that have it and no event below `first`. */
  rollups(term: number, within: MinuteRange, first: number): Iterable<Rollup & { readonly minute: number }>;
  /** All of these together; the sum is null or infinite where one of them is, or where they do not add up to a number. */
  summed(term: number, within: MinuteRange, first: number): Rollup;
  /** Where all events of this time lie, up to and with the last instant: in stretches, so that a few events of a time that lie apart do not stand for all that lies between. */
  stretches(fromMs: number, toMs: number): readonly SequenceRange[];
  /** From the first up to and without the last instant (ms) that events can have; null when there are none. */
  extent(): { readonly fromMs: number; readonly toMs: number } | null;
  forgetBelow(first: number): void;
  /** After a transaction that failed. */
  reload(): void;
};

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
  const end = db.prepare("SELECT minute FROM minute WHERE minute >= ? AND minute < ? ORDER BY minute LIMIT 1 OFFSET ?");
  const listCut = db.prepare("SELECT * FROM minute WHERE minute >= ? AND minute < ? AND first < ?");
  const whole = `FROM minute m CROSS JOIN rollup r ON r.minute = m.minute AND r.term = ?
    WHERE m.minute >= ? AND m.minute < ? AND m.first >= ?`;
  const read = `SELECT r.* ${whole}`;
  const add = db.prepare(
    `SELECT count(*) AS n, count(r.sum) AS sums, ifnull(sum(r.events), 0) AS events, ifnull(sum(r.numbers), 0) AS numbers,
     total(r.sum) AS sum, min(r.low) AS low, max(r.high) AS high ${whole}`,
  );
  const bounds = db.prepare(
    'SELECT min(first) AS "from", max(last) AS "to" FROM minute WHERE minute >= ? AND minute <= ?',
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
          writeRollup.run(minute, term, events, numbers, Number.isFinite(sum) ? sum : null, low, high);
      empty();
    },
    between: (from, to) => list.all(from, to).map((row) => row as unknown as Minute),
    *windows(from, to) {
      for (let start = from; start < to;) {
        const next = end.get(start, to, windowMinutes);
        const until = next === undefined ? to : Number(next["minute"]);
        yield { from: start, to: until };
        start = until;
      }
    },
    cut: ({ from, to }, first) => listCut.all(from, to, first).map((row) => row as unknown as Minute),
    rollups: (term, { from, to }, first) =>
      db.prepare(read).iterate(term, from, to, first) as Iterable<unknown> as Iterable<Rollup & { minute: number }>,
    summed(term, { from, to }, first) {
      const { n, sums, ...all } = add.get(term, from, to, first) as unknown as Rollup & { n: number; sums: number };
      return { ...all, sum: n === sums ? all.sum : null };
    },
    stretches(fromMs, toMs) {
      const [from, to] = [Math.floor(fromMs / minuteMs), Math.floor(toMs / minuteMs)];
      const many = end.get(from, to + 1, stretchedMinutesMax) !== undefined;
      const lying = (many ? bounds : spansOf).iterate(from, to) as Iterable<unknown> as Iterable<SequenceRange>;
      return joined(lying).filter(({ to: last }) => last !== null);
    },
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
    // JSON can say 1e999, and writes it as null.
    if (typeof value === "number" && Number.isFinite(value)) addNumber(sums, value);
  }

  function empty(): void {
    spans = new Map();
    gathered = new Map();
  }
}
