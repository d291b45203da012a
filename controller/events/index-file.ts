// The file of the event index as a whole: how it is thrown away, and how one that cannot be used is known. Nothing is lost with
// it, so it is never mended.
import { rmSync } from "node:fs";
import { MachineWentDown } from "./index-sync.ts";

const suffixes = ["", "-wal", "-shm", "-journal"];
/** Result codes of SQLite, without their extensions. */
const corrupt = 11;
const notADatabase = 26;
/** One value was too big, of a wrong kind, or against a rule of the schema: another event may be stored. */
const ofTheEvent: ReadonlySet<number> = new Set([18, 19, 20]);
/** What another file would not help against: it is locked, cannot be read or written, or there is no memory or room. */
const ofTheMachine: ReadonlySet<number> = new Set([3, 5, 6, 7, 8, 10, 13, 14, 23]);

/** Nobody may have it open. */
export function removeIndexFile(path: string): void {
  for (const suffix of suffixes) rmSync(path + suffix, { force: true, recursive: true });
}

/** Whether SQLite said that what it read is no database, or no whole one. */
export function isDamage(error: unknown): boolean {
  const code = resultCode(error);
  return code === corrupt || code === notADatabase;
}

/** Whether a file that could not be opened as an index is at fault itself. */
export function isUnusable(error: unknown): boolean {
  if (error instanceof MachineWentDown) return true;
  const code = resultCode(error);
  return code !== null && !ofTheMachine.has(code);
}

/** Whether it is the machine's affair: another try may succeed when somebody has made room. */
export function isOfTheMachine(error: unknown): boolean {
  const code = resultCode(error);
  return code !== null && ofTheMachine.has(code);
}

/** Whether the file, or what it lies on, failed, and not what was to be written. */
export function isOfSqlite(error: unknown): boolean {
  const code = resultCode(error);
  return code !== null && !ofTheEvent.has(code);
}

function resultCode(error: unknown): number | null {
  const code = error instanceof Error && "errcode" in error ? error.errcode : null;
  return typeof code === "number" ? code & 0xff : null;
}
