// Writing the index without waiting for the disk: waiting costs a tenth of the speed and pauses of 80 ms. A process that is killed
// loses nothing by it. A machine that goes down may leave a file of old and new pages, and that is no index.
//
//   K1. While the file is open it carries the mark of the machine's present start, as its `user_version`. A file with the mark of
//       another start was open when the machine went down, and is refused.
//   K2. A file that was closed carries no mark (0), and all of it is on the disk.
//   K3. Where the system does not tell one start from another, SQLite waits for the disk.
import { readFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";

/** Another text after each start of the machine; the containers of a host have the host's. */
const startFile = "/proc/sys/kernel/random/boot_id";
const none = 0;

/** The file was open when the machine went down. */
export class MachineWentDown extends Error {}

/** Before anything else is read. Closes the file and throws MachineWentDown when it cannot be trusted. */
export function writeWithoutWaiting(db: DatabaseSync): void {
  const start = presentStart();
  const mark = Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (mark !== none && mark !== start) {
    db.close();
    throw new MachineWentDown("the machine went down while the index was open, so not all of it may be on the disk");
  }
  if (start === none) return;
  db.exec(`PRAGMA user_version = ${start}`);
  toDisk(db);
  db.exec("PRAGMA synchronous = OFF");
}

/** Before the file is closed. Only when all else is on the disk does the mark go; where that fails, it stays. */
export function finishWriting(db: DatabaseSync): void {
  toDisk(db);
  db.exec(`PRAGMA user_version = ${none}`);
  toDisk(db);
}

function toDisk(db: DatabaseSync): void {
  db.exec("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE);");
}

/** 31 bits of the start's random name. */
function presentStart(): number {
  try {
    return Number.parseInt(readFileSync(startFile, "utf8").slice(0, 8), 16) & 0x7fffffff || 1;
  } catch {
    return none;
  }
}
