// The mark of a restore that is under way. It stays when a restore breaks off: what is there then is a part of an installation, and
// no controller may set anything off from it.
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const markOf = (home: string): string => join(home, "restoring");

export function beginRestoring(home: string): void {
  writeFileSync(markOf(home), `${new Date().toISOString()}\n`, { mode: 0o600 });
}

export function endRestoring(home: string): void {
  rmSync(markOf(home), { force: true });
}

/** Throws when a restore into this home has begun and not ended. */
export function refuseHalfRestored(home: string): void {
  if (!existsSync(markOf(home))) return;
  throw new Error(
    `a restore into the home ${home} has not ended, so only a part of the installation is there; run it again with: drover restore DIR --replace`,
  );
}
