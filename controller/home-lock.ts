// One controller per home. The lock is a file with the identity of the process that holds it; a lock whose process is gone,
// however it ended, is free.
import { mkdirSync, openSync, closeSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type ProcessIdentity, identify, isAlive } from "../bus/server-process.ts";

/** Two that find a dead one's lock at once may each remove it once; the third try tells who has it. */
const triesMax = 3;

/** Throws an error that names the holder when another controller runs with this home. */
export function lockHome(home: string): { release(): void } {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const path = join(home, "controller.lock");
  const own = identify(process.pid) ?? { pid: process.pid, startTicks: "" };
  for (let attempt = 0; attempt < triesMax; attempt++) {
    if (create(path, own)) return { release: () => rmSync(path, { force: true }) };
    const holder = holderOf(path);
    if (holder && isAlive(holder)) {
      throw new Error(
        `another controller (process ${holder.pid}) runs with the home ${home}; stop it, or set DROVER_HOME`,
      );
    }
    rmSync(path, { force: true });
  }
  throw new Error(`the lock ${path} changes hands; try again`);
}

/** Creating is atomic: exactly one of several succeeds. */
function create(path: string, own: ProcessIdentity): boolean {
  try {
    const file = openSync(path, "wx", 0o600);
    writeSync(file, JSON.stringify(own));
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function holderOf(path: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity;
  } catch {
    return null;
  }
}
