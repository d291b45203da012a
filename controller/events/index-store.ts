// The event index: a SQLite file that answers questions about the stream. It is a projection and never the truth; deleting it
// loses nothing. Knows no NATS; index-feed.ts feeds it.
//
//   I1. Events, and what they tell of runs and slots (runs/history-store.ts), are written in one transaction.
//   I2. An event stored twice (its copy came after the duplicate window) is one event to whoever asks by its id: the first.
//   I3. Forgetting goes in steps, so that questions are answered in between. What the stream no longer has is not shown from
//       the first step on.
import { DatabaseSync } from "node:sqlite";
import type { Event } from "../../model/event.ts";
import { createHistoryStore, historyTables } from "../runs/history-store.ts";
import { createTermNumbers, dictionaryTables } from "./dictionary.ts";
import { ownTerms, searchOf, senderTerm, sharedTerms, tokenOf } from "./event-terms.ts";
import { idHash } from "./id-hash.ts";
import { createIdIndex, idTables } from "./id-index.ts";
import { type IndexReader, type Reading, createIndexReader } from "./index-reader.ts";
import { finishWriting, writeWithoutWaiting } from "./index-sync.ts";
import { createMinutes, minuteTables } from "./minutes.ts";
import type { Answers, IndexedEvent } from "./questions.ts";
import { finish } from "./steps.ts";
import { createTermIndex } from "./term-index.ts";

/** Another number makes every existing index be built again from the stream. */
export const schemaVersion = 6;

const schema = `
  CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, id_hash INTEGER NOT NULL, time INTEGER NOT NULL, json TEXT NOT NULL);
`;
const tables = ["event", ...idTables, ...dictionaryTables, ...minuteTables, ...historyTables];
/** Pages of the log before they are written into the file, in 5 ms: with fewer, a busy index writes the same pages over and over. */
const checkpointPages = 2_048;
/** Events that one step of forgetting deletes: some 20 ms. */
const forgottenAtOnce = 5_000;

export type IndexStore = Omit<Answers, "indexed"> & {
  /** Highest stream sequence that is in the index; 0 when it is empty. */
  readonly lastSequence: number;
  readonly firstSequence: number;
  readonly events: number;
  /** Of the file. */
  readonly bytes: number;
  /** Adds events in one transaction; one that is there already is left alone. `lastSequence` becomes `through`. */
  add(events: readonly IndexedEvent[], through: number): void;
  /** Forgets what the stream no longer has: all sequences below `first`. False: there is more to forget; call it again. */
  forgetBelow(first: number): boolean;
  /** Begins what may take long; the store's own `eventPage` and `aggregate` do it all at once. */
  readonly begin: IndexReader["begin"];
  /** One step of merging what makes questions slow, in some 3 ms. True: there is nothing to merge now. */
  tidy(): boolean;
  close(): void;
};

/** Opens the index of the stream named by `streamIdentity`; an index of another stream or schema is emptied first. */
export function openIndexStore(path: string, streamIdentity: string): IndexStore {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384;");
  db.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
  writeWithoutWaiting(db);
  prepareSchema(db, `${schemaVersion}/${streamIdentity}`);
  const idIndex = createIdIndex(db);
  const history = createHistoryStore(db);
  const dictionary = createTermNumbers(db);
  const terms = createTermIndex(db);
  const minutes = createMinutes(db);
  const reader = createIndexReader(path, extent);

  const insertEvent = db.prepare("INSERT OR IGNORE INTO event (seq, id_hash, time, json) VALUES (?, ?, ?, ?)");
  const findEvent = db.prepare("SELECT json FROM event WHERE seq = ?");
  const readBytes = db.prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()");
  const setMeta = db.prepare(
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  );
  let lastSequence = Number(readMeta(db, "last_sequence") ?? 0);
  let firstSequence = Number(readMeta(db, "first_sequence") ?? 0);
  let eventCount = Number(db.prepare("SELECT count(*) AS n FROM event WHERE seq >= ?").get(firstSequence)?.["n"] ?? 0);

  return {
    ...history,
    get lastSequence() {
      return lastSequence;
    },
    get firstSequence() {
      return firstSequence;
    },
    get events() {
      return eventCount;
    },
    get bytes() {
      return Number(readBytes.get()?.["bytes"] ?? 0);
    },
    add(events, through) {
      let added = 0;
      inTransaction(() => {
        for (const one of events) added += addOne(one);
        idIndex.settle();
        minutes.settle();
        history.add(events);
        setMeta.run("last_sequence", String(through));
      });
      eventCount += added;
      lastSequence = through;
    },
    forgetBelow(first) {
      if (first > firstSequence) {
        setMeta.run("first_sequence", String(first));
        const gone = db.prepare("SELECT count(*) AS n FROM event WHERE seq >= ? AND seq < ?").get(firstSequence, first);
        eventCount -= Number(gone?.["n"] ?? 0);
        firstSequence = first;
      }
      const row = db
        .prepare("SELECT seq FROM event WHERE seq < ? ORDER BY seq LIMIT 1 OFFSET ?")
        .get(first, forgottenAtOnce);
      const until = row ? Number(row["seq"]) : first;
      inTransaction(() => {
        idIndex.forgetBelow(until);
        db.prepare("DELETE FROM event WHERE seq < ?").run(until);
        terms.forgetBelow(until);
        minutes.forgetBelow(until);
        history.forgetBelow(until);
      });
      return until === first;
    },
    tidy: () => terms.tidy(),
    begin: (question, given) => reader.begin(question, given),
    close() {
      reader.close();
      try {
        finishWriting(db);
      } catch {
        // A file that is at fault keeps its mark; what is wrong with it was told where it was read or written.
      }
      db.close();
    },

    eventPage: (query) => atOnce(reader.begin("eventPage", [query])),
    aggregate: (query) => atOnce(reader.begin("aggregate", [query])),
    event: (id) => findById(id)?.event ?? null,
    sentAs: (id, countMax) => [...sentAs(id).take(countMax)].map(({ event }) => event),
    sequenceOf: (id) => findById(id)?.seq ?? null,
    stretches: (fromMs, toMs) => ({ ranges: minutes.stretches(fromMs, toMs), through: lastSequence }),
    knownEvents: (ids) => ids.filter((id) => findByOwnId(id) !== null),
    emittedBy(run, countMax) {
      const found = searchOf({ run }, dictionary);
      const events: Event[] = [];
      if (found.kind !== "words") return events;
      for (const seq of terms.sequences(found.expression, extent(), "oldest")) {
        const event = eventAt(seq);
        if (event?.run === run && event.type !== "run" && events.push(event) >= countMax) break;
      }
      return events;
    },
  };

  function extent(): { from: number; to: number; events: number } {
    return { from: firstSequence, to: lastSequence, events: eventCount };
  }

  function addOne({ seq, event }: IndexedEvent): 0 | 1 {
    if (seq < firstSequence) return 0;
    const hash = idHash(event.id);
    const timeMs = Date.parse(event.timestamp);
    if (insertEvent.run(seq, hash, timeMs, JSON.stringify(event)).changes === 0) return 0;
    idIndex.add(hash, seq);
    const shared = sharedTerms(event).map((term) => dictionary.knownTerm(term));
    const own = ownTerms(event);
    terms.add(seq, [...shared.map(({ token }) => token), ...own.map(tokenOf)].join(" "));
    minutes.add(
      seq,
      timeMs,
      shared.map(({ number }) => number),
      event.value,
    );
    return 1;
  }

  function inTransaction(work: () => void): void {
    db.exec("BEGIN IMMEDIATE");
    try {
      work();
      db.exec("COMMIT");
    } catch (error) {
      // A disk that is full, or fails, has ended the transaction already.
      if (db.isTransaction) db.exec("ROLLBACK");
      for (const part of [idIndex, dictionary, terms, minutes]) part.reload();
      throw error;
    }
  }

  function findById(id: string): IndexedEvent | null {
    return findByOwnId(id) ?? [...sentAs(id).take(1)][0] ?? null;
  }

  function findByOwnId(id: string): IndexedEvent | null {
    for (const seq of idIndex.sequences(idHash(id))) {
      const event = eventAt(seq);
      if (event?.id === id) return { seq, event };
    }
    return null;
  }

  /** Each once, however often it is stored. */
  function* sentAs(id: string): Generator<IndexedEvent, undefined> {
    const seen = new Set<string>();
    for (const seq of terms.sequences(`"${tokenOf(senderTerm(id))}"`, extent(), "oldest")) {
      const event = eventAt(seq);
      if (event === null || seen.has(event.id)) continue;
      seen.add(event.id);
      yield { seq, event };
    }
  }

  function eventAt(seq: number): Event | null {
    const row = seq < firstSequence ? undefined : findEvent.get(seq);
    return row ? (JSON.parse(String(row["json"])) as Event) : null;
  }
}

function atOnce<T>(reading: Reading<T>): T {
  try {
    return finish(reading.steps);
  } finally {
    reading.end();
  }
}

function prepareSchema(db: DatabaseSync, identity: string): void {
  db.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)");
  if (readMeta(db, "identity") !== identity) {
    const shards = db.prepare("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%'").all();
    const found = [...tables, ...shards.map((row) => String(row["name"])), "event_term"];
    db.exec(`${found.map((table) => `DROP TABLE IF EXISTS ${table};`).join(" ")} DELETE FROM meta;`);
    db.prepare("INSERT INTO meta (key, value) VALUES ('identity', ?)").run(identity);
  }
  db.exec(schema);
}

function readMeta(db: DatabaseSync, key: string): string | null {
  const row = db.prepare("SELECT value FROM meta WHERE key = ?").get(key);
  return row ? String(row["value"]) : null;
}
