// The event index: a SQLite file that answers questions about the stream. It is a projection and never the truth; deleting it
// loses nothing. Knows no NATS; index-worker.ts feeds it.
//
//   I1. Events, and what they tell of runs and slots (runs/history-store.ts), are written in one transaction.
//   I2. An event stored twice (its copy came after the duplicate window) is one event to whoever asks by its id: the first.
import { DatabaseSync } from "node:sqlite";
import type { Event } from "../../model/event.ts";
import { createHistoryStore, historyTables } from "../runs/history-store.ts";
import { conditions, termsOf } from "./event-terms.ts";
import { idHash } from "./id-hash.ts";
import { createIdIndex, idTables } from "./id-index.ts";
import { PageTooLarge, pageBytesMax } from "./page.ts";
import type { Answers, IndexedEvent } from "./questions.ts";

/** Another number makes every existing index be built again from the stream. */
const schemaVersion = 4;

/** Every event pays for what is written here; only those that a run emitted are in the index of emitters. */
const schema = `
  CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, id_hash INTEGER NOT NULL, run_hash INTEGER, json TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS event_run ON event (run_hash) WHERE run_hash IS NOT NULL;
  CREATE TABLE IF NOT EXISTS term (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
  CREATE TABLE IF NOT EXISTS event_term (term INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (term, seq)) WITHOUT ROWID;
`;
const tables = ["event", "event_term", "term", ...idTables, ...historyTables];
/** Pages of the log before they are written into the file: with fewer, a busy index writes the same pages over and over. */
const checkpointPages = 8_192;

export type IndexStore = Answers & {
  /** Highest stream sequence that is in the index; 0 when it is empty. */
  readonly lastSequence: number;
  /** Adds events in one transaction; one that is there already is left alone. `lastSequence` becomes `through`. */
  add(events: readonly IndexedEvent[], through: number): void;
  /** Forgets what the stream no longer has: all sequences below `first`. */
  forgetBelow(first: number): void;
  close(): void;
};

/** Opens the index of the stream named by `streamIdentity`; an index of another stream or schema is emptied first. */
export function openIndexStore(path: string, streamIdentity: string): IndexStore {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384;");
  db.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
  prepareSchema(db, `${schemaVersion}/${streamIdentity}`);
  const idIndex = createIdIndex(db);
  const history = createHistoryStore(db);

  const insertEvent = db.prepare("INSERT OR IGNORE INTO event (seq, id_hash, run_hash, json) VALUES (?, ?, ?, ?)");
  const insertTerm = db.prepare("INSERT OR IGNORE INTO event_term (term, seq) VALUES (?, ?)");
  const findTerm = db.prepare("SELECT id FROM term WHERE text = ?");
  const createTerm = db.prepare("INSERT INTO term (text) VALUES (?)");
  const findEvent = db.prepare("SELECT json FROM event WHERE seq = ?");
  const findEmitted = db.prepare("SELECT json FROM event WHERE run_hash = ? ORDER BY seq");
  const setMeta = db.prepare(
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  );
  const termIds = new Map<string, number>();
  const termIdsMax = 50_000;
  let lastSequence = Number(readMeta(db, "last_sequence") ?? 0);

  return {
    ...history,
    get lastSequence() {
      return lastSequence;
    },
    add(events, through) {
      db.exec("BEGIN IMMEDIATE");
      try {
        for (const { seq, event } of events) {
          const hash = idHash(event.id);
          const added = insertEvent.run(seq, hash, emitterHash(event), JSON.stringify(event));
          if (added.changes === 0) continue;
          idIndex.add(hash, seq);
          for (const term of termsOf(event)) insertTerm.run(termId(term), seq);
        }
        idIndex.settle();
        history.add(events);
        setMeta.run("last_sequence", String(through));
        db.exec("COMMIT");
      } catch (error) {
        db.exec("ROLLBACK");
        termIds.clear();
        idIndex.reload();
        throw error;
      }
      lastSequence = through;
    },
    forgetBelow(first) {
      idIndex.forgetBelow(first);
      db.prepare("DELETE FROM event_term WHERE seq < ?").run(first);
      db.prepare("DELETE FROM event WHERE seq < ?").run(first);
      history.forgetBelow(first);
    },
    close: () => db.close(),

    eventPage(query) {
      const where = conditions(query);
      const found = db.prepare(
        `SELECT seq, json FROM event e ${where.sql} ORDER BY seq ${query.order === "newest" ? "DESC" : "ASC"} LIMIT ? OFFSET ?`,
      );
      const texts: string[] = [];
      const sequences: number[] = [];
      let bytes = 0;
      for (const row of found.iterate(...where.values, query.limit, query.offset)) {
        const json = String(row["json"]);
        bytes += json.length;
        if (bytes > pageBytesMax) throw new PageTooLarge();
        texts.push(json);
        sequences.push(Number(row["seq"]));
      }
      const count = db.prepare(`SELECT count(*) AS total FROM event e ${where.sql}`).get(...where.values);
      return { texts, sequences, total: Number(count?.["total"] ?? 0), totalIsExact: true };
    },
    event: findById,
    knownEvents: (ids) => ids.filter((id) => findById(id) !== null),
    emittedBy(run, countMax) {
      const events: Event[] = [];
      for (const row of findEmitted.iterate(idHash(run))) {
        const found = JSON.parse(String(row["json"])) as Event;
        if (found.run === run && events.push(found) >= countMax) break;
      }
      return events;
    },
  };

  function findById(id: string): Event | null {
    for (const seq of idIndex.sequences(idHash(id))) {
      const row = findEvent.get(seq);
      const found = row ? (JSON.parse(String(row["json"])) as Event) : null;
      if (found?.id === id) return found;
    }
    return null;
  }

  function termId(text: string): number {
    const known = termIds.get(text);
    if (known !== undefined) return known;
    const row = findTerm.get(text);
    const id = row ? Number(row["id"]) : Number(createTerm.run(text).lastInsertRowid);
    if (termIds.size >= termIdsMax) termIds.clear();
    termIds.set(text, id);
    return id;
  }
}

/** Events about the run itself are found through the run. */
function emitterHash(event: Event): number | null {
  return event.run === undefined || event.type === "run" ? null : idHash(event.run);
}

function prepareSchema(db: DatabaseSync, identity: string): void {
  db.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)");
  if (readMeta(db, "identity") !== identity) {
    db.exec(`${tables.map((table) => `DROP TABLE IF EXISTS ${table};`).join(" ")} DELETE FROM meta;`);
    db.prepare("INSERT INTO meta (key, value) VALUES ('identity', ?)").run(identity);
  }
  db.exec(schema);
}

function readMeta(db: DatabaseSync, key: string): string | null {
  const row = db.prepare("SELECT value FROM meta WHERE key = ?").get(key);
  return row ? String(row["value"]) : null;
}
