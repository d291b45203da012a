// Finds events by their id, through a hash of 52 bits: a third of the room that the text takes. Part of the index's file.
//
//   D1. Random keys cost a page of the file each, as long as they come in small batches: 3.6 µs an event, of 9 for all else.
//       So they wait in memory until there are many, and are written sorted (1.1 to 2 µs), a few with each batch of events: no
//       question waits for all of them. What waits is read again from the events when the file is opened.
//   D2. Several events may have one hash: senders choose ids, and a copy may be stored after the duplicate window. `sequences`
//       gives all, and whoever asks compares the ids.
import type { DatabaseSync } from "node:sqlite";

/** That wait for one another, a power of two; as many again may be on their way into the file. */
const gatheredMax = 16_384;
const placeBits = gatheredMax - 1;
/** Half of them stay empty, so that a search ends soon. */
const slotBits = 2 * gatheredMax - 1;
/** Written for each event that is added: what is on its way is in the file long before as many again have gathered. */
const writtenPerAdded = 3;
/** The upper bits of a hash, by which what is written is sorted: pages of the file are far apart in them. */
const sortedBits = 2 ** 20;

export const idTables = ["event_id"] as const;

export type IdIndex = {
  /** Within the caller's transaction, in order of the sequences. */
  add(hash: number, seq: number): void;
  /** Within the caller's transaction, after a batch. Writes some of what waits when that is much. */
  settle(): void;
  /** The sequences of events with this hash, ascending. */
  sequences(hash: number): readonly number[];
  /** Within the caller's transaction, and before the events themselves are deleted. */
  forgetBelow(first: number): void;
  /** After a transaction that failed. */
  reload(): void;
};

/** Hashes and their sequences, in order of the sequences; `places` finds them by the lower bits of the hash (0: none). */
type Gathered = {
  readonly hashes: Float64Array;
  readonly seqs: Float64Array;
  readonly places: Uint16Array;
  count: number;
};
/** What is being written: `order` holds places, sorted by hash; `next` is the first of them that is not in the file. */
type Leaving = Gathered & { readonly order: Float64Array; next: number };

/** The table `event (seq, id_hash, …)` must be there. */
export function createIdIndex(db: DatabaseSync): IdIndex {
  db.exec(
    "CREATE TABLE IF NOT EXISTS event_id (hash INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (hash, seq)) WITHOUT ROWID",
  );
  const insert = db.prepare("INSERT OR IGNORE INTO event_id (hash, seq) VALUES (?, ?)");
  const find = db.prepare("SELECT seq FROM event_id WHERE hash = ? ORDER BY seq");
  const setThrough = db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('ids_through', ?)");
  let leaving: Leaving | null = null;
  let gathered = nothing();
  let added = 0;
  reload();

  return {
    add,
    settle() {
      if (leaving !== null) write(leaving, added * writtenPerAdded);
      added = 0;
    },
    sequences(hash) {
      const found = new Set(find.all(hash).map((row) => Number(row["seq"])));
      // What is on its way may be in the file already.
      for (const waiting of leaving === null ? [gathered] : [leaving, gathered]) collect(waiting, hash, found);
      return [...found];
    },
    forgetBelow(first) {
      db.prepare("DELETE FROM event_id WHERE (hash, seq) IN (SELECT id_hash, seq FROM event WHERE seq < ?)").run(first);
    },
    reload,
  };

  function add(hash: number, seq: number): void {
    const { hashes, seqs, places } = gathered;
    let slot = hash & slotBits;
    while (places[slot] !== 0) slot = (slot + 1) & slotBits;
    hashes[gathered.count] = hash;
    seqs[gathered.count] = seq;
    gathered.count += 1;
    places[slot] = gathered.count;
    added += 1;
    if (gathered.count < gatheredMax) return;
    // Only after a batch of more than those that gather; they are in the transaction anyway.
    if (leaving !== null) write(leaving, gatheredMax);
    leaving = { ...gathered, order: sortedPlaces(gathered), next: 0 };
    gathered = nothing();
  }

  /** Only when all of them are in the file, those up to the last need not be read again. */
  function write(those: Leaving, most: number): void {
    const until = Math.min(those.count, those.next + most);
    for (const key of those.order.subarray(those.next, until)) {
      const place = key & placeBits;
      insert.run(those.hashes[place] ?? 0, those.seqs[place] ?? 0);
    }
    those.next = until;
    if (until < those.count) return;
    setThrough.run(String(those.seqs[those.count - 1]));
    leaving = null;
  }

  function reload(): void {
    leaving = null;
    gathered = nothing();
    const through = db.prepare("SELECT value FROM meta WHERE key = 'ids_through'").get();
    const rows = db.prepare("SELECT id_hash, seq FROM event WHERE seq > ? ORDER BY seq");
    for (const row of rows.iterate(Number(through?.["value"] ?? 0))) add(Number(row["id_hash"]), Number(row["seq"]));
  }
}

/** Each as one number, so that they are sorted as numbers: the upper bits of the hash, then the place. */
function sortedPlaces({ hashes, count }: Gathered): Float64Array {
  const keys = hashes.slice(0, count);
  for (let place = 0; place < count; place += 1)
    keys[place] = Math.floor((hashes[place] ?? 0) / sortedBits) * gatheredMax + place;
  return keys.toSorted();
}

function collect({ hashes, seqs, places }: Gathered, hash: number, found: Set<number>): void {
  for (let slot = hash & slotBits; places[slot] !== 0; slot = (slot + 1) & slotBits) {
    const place = (places[slot] ?? 0) - 1;
    if (hashes[place] === hash) found.add(seqs[place] ?? 0);
  }
}

function nothing(): Gathered {
  const [hashes, seqs] = [new Float64Array(gatheredMax), new Float64Array(gatheredMax)];
  return { hashes, seqs, places: new Uint16Array(slotBits + 1), count: 0 };
}
