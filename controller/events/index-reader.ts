// Reads the index for questions that take long, in steps, beside what is written meanwhile: each question sees the file as it was
// when the question began.
//
//   D1. A question has a connection of its own while it lasts, in one transaction that only reads; SQLite's log keeps what it sees.
//   D2. As many connections as are needed at once are opened with the file, so that a file that somebody deletes goes on to answer.
import { DatabaseSync } from "node:sqlite";
import { createAggregates } from "./aggregates.ts";
import { createTermNumbers } from "./dictionary.ts";
import { type Parts, createEventSearch } from "./event-pages.ts";
import { createMinutes } from "./minutes.ts";
import type { AggregateQuery, Answers, EventQuery, SlowQuestion } from "./questions.ts";
import { createRemembered } from "./remembered.ts";
import type { Steps } from "./steps.ts";
import { createTermIndex } from "./term-index.ts";

/** Memory for pages of the file, for each connection. The system keeps them, too. */
const cachePragma = "PRAGMA cache_size = -2048";

/** Two questions in turns and one that is tried (slow-questions.ts). */
const openedFirst = 3;

export type Extent = ReturnType<Parts["extent"]>;

/** One question that has begun. `end` gives up what it holds, whether it has its answer or not. */
export type Reading<T = unknown> = { readonly steps: Steps<T>; end(): void };

export type IndexReader = {
  begin<Q extends SlowQuestion>(question: Q, given: Parameters<Answers[Q]>): Reading<ReturnType<Answers[Q]>>;
  /** Questions that have not ended fail in their next step. */
  close(): void;
};

type Connection = {
  readonly db: DatabaseSync;
  ask(question: SlowQuestion, query: EventQuery | AggregateQuery, extent: Extent): Steps<unknown>;
};

/** The file must be there, with its tables. `extent`: what counts at this moment. */
export function createIndexReader(path: string, extent: () => Extent): IndexReader {
  const remembered = createRemembered();
  const all = new Set<Connection>();
  const free = Array.from({ length: openedFirst }, open);

  return {
    begin(question, [query]) {
      const connection = free.pop() ?? open();
      let steps: Steps<unknown>;
      try {
        connection.db.exec("BEGIN");
        steps = connection.ask(question, query, extent());
      } catch (error) {
        discard(connection);
        throw error;
      }
      return {
        steps: steps as Steps<ReturnType<Answers[typeof question]>>,
        end() {
          if (!connection.db.isOpen) return;
          try {
            // What it was in the midst of reading is closed first.
            steps.return(null);
            connection.db.exec("COMMIT");
            free.push(connection);
          } catch {
            // That of a damaged file was told where it was read.
            discard(connection);
          }
        },
      };
    },
    close() {
      for (const connection of all) discard(connection);
      free.length = 0;
    },
  };

  function discard(connection: Connection): void {
    all.delete(connection);
    connection.db.close();
  }

  function open(): Connection {
    const db = new DatabaseSync(path, { readOnly: true });
    db.exec(cachePragma);
    let now: Extent = { from: 0, to: 0, events: 0 };
    const terms = createTermIndex(db);
    const dictionary = createTermNumbers(db);
    const parts = { db, terms, dictionary, minutes: createMinutes(db), extent: () => now };
    const search = createEventSearch(parts);
    const termOf = (term: string): number | null => dictionary.find(term);
    const aggregates = createAggregates({ ...parts, termOf, remembered, search });
    const connection: Connection = {
      db,
      ask(question, query, counted) {
        now = counted;
        // Reads which shards there are, and so begins the transaction's view of the file at this moment.
        terms.reload();
        return question === "eventPage"
          ? search.page(query as EventQuery)
          : aggregates.aggregate(query as AggregateQuery);
      },
    };
    all.add(connection);
    return connection;
  }
}
