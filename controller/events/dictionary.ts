// Numbers for the shared terms, under which counts are kept, and their tokens; also the list of all types and sources that there are.
import type { DatabaseSync } from "node:sqlite";
import { type Dictionary, tokenOf } from "./event-terms.ts";

export const dictionaryTables = ["term"] as const;

/** Terms whose number and token are remembered, so that they need not be looked up. */
const rememberedMax = 50_000;

/** `token` is the term as the full-text index has it. */
export type KnownTerm = { readonly number: number; readonly token: string };

export type TermNumbers = Dictionary & {
  /** Numbers are from 1 on; a new term gets the next. Within the caller's transaction. */
  knownTerm(term: string): KnownTerm;
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
  const remembered = new Map<string, KnownTerm>();

  return {
    knownTerm: (term) => find(term) ?? remember(term, Number(createTerm.run(term).lastInsertRowid)),
    find: (term) => find(term)?.number ?? null,
    beginningWith(term, countMax) {
      const rows = listTerms.all(term, `${term}\u{10ffff}`, countMax === Infinity ? -1 : countMax);
      return rows.map((row) => String(row["text"]));
    },
    reload: () => remembered.clear(),
  };

  function find(term: string): KnownTerm | null {
    const known = remembered.get(term);
    if (known !== undefined) return known;
    const row = findTerm.get(term);
    return row ? remember(term, Number(row["id"])) : null;
  }

  function remember(term: string, number: number): KnownTerm {
    if (remembered.size >= rememberedMax) remembered.clear();
    const known = { number, token: tokenOf(term) };
    remembered.set(term, known);
    return known;
  }
}
