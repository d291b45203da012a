// What any index of the stream costs at the least: the same events as JSON in one SQLite table, without tags, ids or sums.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Event } from "../../model/event.ts";

const eventsInTransaction = 1_000;

/** Events a second; making them does not count. */
export function insertedPerSecond(count: number, next: () => Event): number {
  const folder = mkdtempSync(join(tmpdir(), "drover-bench-"));
  const db = new DatabaseSync(join(folder, "floor.sqlite"));
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  db.exec("CREATE TABLE event (seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, json TEXT NOT NULL)");
  const insert = db.prepare("INSERT INTO event VALUES (?, ?, ?)");
  let spentMs = 0;
  for (let seq = 0; seq < count; seq += eventsInTransaction) {
    const events = Array.from({ length: eventsInTransaction }, next);
    const startedMs = performance.now();
    db.exec("BEGIN");
    for (const [place, event] of events.entries())
      insert.run(seq + place, Date.parse(event.timestamp), JSON.stringify(event));
    db.exec("COMMIT");
    spentMs += performance.now() - startedMs;
  }
  db.close();
  rmSync(folder, { recursive: true });
  return count / (spentMs / 1_000);
}
