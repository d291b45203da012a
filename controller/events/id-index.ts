// Finds events by their id, through a hash of 52 bits: a third of the room that the text takes. Part of the index's file.
//
//   D1. Random keys cost a page of the file each, as long as they come in small batches: 3.6 µs an event, of 9 for all else.
//       So they wait in memory and are written sorted, many at once (1.1 to 2 µs). What waits is read again from the events when
//       the file is opened.
//   D2. Several events may have one hash: senders choose ids, and a copy may be stored after the duplicate window. `sequences`
//       gives all, and whoever asks compares the ids.
import type { DatabaseSync } from "node:sqlite";

/** Written in about 40 ms, during which questions wait. */
const waitingMax = 20_000;

export const idTables = ["event_id"] as const;

export type IdIndex = {
  /** Within the caller's transaction, in order of the sequences. */
  add(hash: number, seq: number): void;
  /** Within the caller's transaction, after a batch. Writes what waits when that is much. */
  settle(): void;
  /** The sequences of events with this hash, ascending. */
  sequences(hash: number): readonly number[];
  /** Within the caller's transaction, and before the events themselves are deleted. */
  forgetBelow(first: number): void;
  /** After a transaction that failed. */
  reload(): void;
};

/** The table `event (seq, id_hash, …)` must be there. */
export function createIdIndex(db: DatabaseSync): IdIndex {
  db.exec(
    "CREATE TABLE IF NOT EXISTS event_id (hash INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (hash, seq)) WITHOUT ROWID",
  );
  const insert = db.prepare("INSERT OR IGNORE INTO event_id (hash, seq) VALUES (?, ?)");
  const find = db.prepare("SELECT seq FROM event_id WHERE hash = ? ORDER BY seq");
  const setThrough = db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('ids_through', ?)");
  /** Hash to sequence, and the sequences of those few whose hash was there already. */
  const waiting = new Map<number, number>();
  let repeated: { readonly hash: number; readonly seq: number }[] = [];
  let last = 0;
  reload();

  return {
    add,
    settle() {
      if (waiting.size + repeated.length < waitingMax) return;
      for (const hash of Float64Array.from(waiting.keys()).toSorted()) {
        insert.run(hash, waiting.get(hash) ?? 0);
      }
      for (const { hash, seq } of repeated) insert.run(hash, seq);
      setThrough.run(String(last));
      empty();
    },
    sequences(hash) {
      const written = find.all(hash).map((row) => Number(row["seq"]));
      const first = waiting.get(hash);
      if (first === undefined) return written;
      return [...written, first, ...repeated.filter((one) => one.hash === hash).map(({ seq }) => seq)];
    },
    forgetBelow(first) {
      db.prepare("DELETE FROM event_id WHERE (hash, seq) IN (SELECT id_hash, seq FROM event WHERE seq < ?)").run(first);
    },
    reload,
  };

  function add(hash: number, seq: number): void {
    if (waiting.has(hash)) repeated.push({ hash, seq });
    else waiting.set(hash, seq);
    last = seq;
  }

  function empty(): void {
    waiting.clear();
    repeated = [];
  }

  function reload(): void {
    empty();
    const through = db.prepare("SELECT value FROM meta WHERE key = 'ids_through'").get();
    const rows = db.prepare("SELECT id_hash, seq FROM event WHERE seq > ? ORDER BY seq");
    for (const row of rows.iterate(Number(through?.["value"] ?? 0))) add(Number(row["id_hash"]), Number(row["seq"]));
  }
}
