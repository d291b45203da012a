// Numbers for the shared terms, under which counts are kept; also the list of all types and sources that there are.
import type { DatabaseSync } from "node:sqlite";
import type { Dictionary } from "./event-terms.ts";

export const dictionaryTables = ["term"] as const;

/** Terms whose number is remembered, so that it need not be looked up. */
const rememberedMax = 50_000;

export type TermNumbers = Dictionary & {
  /** The number of a term, from 1 on; a new one gets the next. Within the caller's transaction. */
  numberOf(term: string): number;
  /** Null for a term that no event has. */
  find(term: string): number | null;
  /** After a transaction that failed. */
  reload(): void;
};

export function createTermNumbers(db: DatabaseSync): TermNumbers {
  db.exec("CREATE TABLE IF NOT EXISTS term (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)");
  const findTerm = db.prepare("SELECT id FROM term WHERE text = ?");
  const createTerm = db.prepare("INSERT INTO term (text) VALUES (?)");
  const listTerms = db.prepare("SELECT text FROM term WHERE text >= ? AND text < ? ORDER BY text LIMIT ?");
  const remembered = new Map<string, number>();

  return {
    numberOf(term) {
      const known = find(term);
      if (known !== null) return known;
      return remember(term, Number(createTerm.run(term).lastInsertRowid));
    },
    find,
    beginningWith(term, countMax) {
      const rows = listTerms.all(term, `${term}\u{10ffff}`, countMax === Infinity ? -1 : countMax);
      return rows.map((row) => String(row["text"]));
    },
    reload: () => remembered.clear(),
  };

  function find(term: string): number | null {
    const known = remembered.get(term);
    if (known !== undefined) return known;
    const row = findTerm.get(term);
    return row ? remember(term, Number(row["id"])) : null;
  }

  function remember(term: string, number: number): number {
    if (remembered.size >= rememberedMax) remembered.clear();
    remembered.set(term, number);
    return number;
  }
}
