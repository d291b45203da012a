// The event index: a SQLite file that answers queries over the stream. It is a projection and never the truth; deleting it
// loses nothing. Knows no NATS; index-worker.ts feeds it.
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { Event } from "../../model/event.ts";

/** Another number makes every existing index be built again from the stream. */
const schemaVersion = 1;

/** `tags` must all be present; `type` is exact. `page` counts from 1. */
export type EventQuery = {
  readonly tags: readonly string[];
  readonly type: string | null;
  readonly page: number;
  readonly perPage: number;
};
export type EventPage = { readonly events: readonly Event[]; readonly total: number };
export type IndexedEvent = { readonly seq: number; readonly event: Event };

/** A page is built in memory, sent in one answer, and often asked for by somebody who did not think of large values. */
const pageBytesMax = 8_388_608;

/** The page that was asked for holds more than an answer may. */
export class PageTooLarge extends Error {
  constructor() {
    super(`the page is larger than ${pageBytesMax} bytes; ask with a smaller per_page`);
  }
}

export type IndexStore = {
  /** Highest stream sequence that is in the index; 0 when it is empty. */
  readonly lastSequence: number;
  /** Adds events in one transaction; one that is there already is left alone. `lastSequence` becomes `through`. */
  add(events: readonly IndexedEvent[], through: number): void;
  query(query: EventQuery): EventPage;
  /** Forgets what the stream no longer has: all sequences below `first`. */
  forgetBelow(first: number): void;
  close(): void;
};

/** Opens the index of the stream named by `streamIdentity`; an index of another stream or schema is emptied first. */
export function openIndexStore(path: string, streamIdentity: string): IndexStore {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384;");
  prepareSchema(db, `${schemaVersion}/${streamIdentity}`);

  const insertEvent = db.prepare("INSERT OR IGNORE INTO event (seq, json) VALUES (?, ?)");
  const insertTerm = db.prepare("INSERT OR IGNORE INTO event_term (term, seq) VALUES (?, ?)");
  const findTerm = db.prepare("SELECT id FROM term WHERE text = ?");
  const createTerm = db.prepare("INSERT INTO term (text) VALUES (?)");
  const setMeta = db.prepare(
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  );
  const termIds = new Map<string, number>();
  const termIdsMax = 50_000;
  let lastSequence = Number(readMeta(db, "last_sequence") ?? 0);

  return {
    get lastSequence() {
      return lastSequence;
    },
    add(events, through) {
      db.exec("BEGIN IMMEDIATE");
      try {
        for (const { seq, event } of events) {
          insertEvent.run(seq, JSON.stringify(event));
          for (const term of termsOf(event)) insertTerm.run(termId(term), seq);
        }
        setMeta.run("last_sequence", String(through));
        db.exec("COMMIT");
      } catch (error) {
        db.exec("ROLLBACK");
        termIds.clear();
        throw error;
      }
      lastSequence = through;
    },
    query(query) {
      const where = conditions(query);
      const limit = [query.perPage, (query.page - 1) * query.perPage];
      const newest = db.prepare(`SELECT json FROM event e ${where.sql} ORDER BY seq DESC LIMIT ? OFFSET ?`);
      const events: Event[] = [];
      let bytes = 0;
      for (const row of newest.iterate(...where.values, ...limit)) {
        const json = String(row["json"]);
        bytes += json.length;
        if (bytes > pageBytesMax) throw new PageTooLarge();
        events.push(JSON.parse(json) as Event);
      }
      const count = db.prepare(`SELECT count(*) AS total FROM event e ${where.sql}`).get(...where.values);
      return { events, total: Number(count?.["total"] ?? 0) };
    },
    forgetBelow(first) {
      db.prepare("DELETE FROM event_term WHERE seq < ?").run(first);
      db.prepare("DELETE FROM event WHERE seq < ?").run(first);
    },
    close: () => db.close(),
  };

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

/** What an event is found by: its tags, and its type as a term of its own kind. */
function termsOf(event: Event): string[] {
  return [typeTerm(event.type), ...event.tags.map(tagTerm)];
}

const tagTerm = (tag: string): string => `#${tag}`;
const typeTerm = (type: string): string => `=${type}`;

function conditions(query: EventQuery): { sql: string; values: SQLInputValue[] } {
  const terms = [...query.tags.map(tagTerm), ...(query.type === null ? [] : [typeTerm(query.type)])];
  const has =
    "EXISTS (SELECT 1 FROM event_term t WHERE t.term = (SELECT id FROM term WHERE text = ?) AND t.seq = e.seq)";
  const first = "e.seq IN (SELECT seq FROM event_term WHERE term = (SELECT id FROM term WHERE text = ?))";
  const sql = terms.map((_, i) => (i === 0 ? first : has)).join(" AND ");
  return { sql: sql === "" ? "" : `WHERE ${sql}`, values: terms };
}

function prepareSchema(db: DatabaseSync, identity: string): void {
  db.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)");
  if (readMeta(db, "identity") !== identity) {
    db.exec(
      "DROP TABLE IF EXISTS event; DROP TABLE IF EXISTS event_term; DROP TABLE IF EXISTS term; DELETE FROM meta;",
    );
    db.prepare("INSERT INTO meta (key, value) VALUES ('identity', ?)").run(identity);
  }
  db.exec(`
    CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, json TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS term (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
    CREATE TABLE IF NOT EXISTS event_term (term INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (term, seq)) WITHOUT ROWID;
  `);
}

function readMeta(db: DatabaseSync, key: string): string | null {
  const row = db.prepare("SELECT value FROM meta WHERE key = ?").get(key);
  return row ? String(row["value"]) : null;
}
