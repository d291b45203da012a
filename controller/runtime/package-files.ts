// What a runtime is given of npm packages: their archive, and one kind of error when it cannot be had.
import type { LockedPackages } from "../packages/lock.ts";
import { StartError } from "./runtime.ts";

/** Resolves with the path of a gzipped tar that has them below `node_modules/`. */
export type ArchiveOf = (packages: LockedPackages) => Promise<string>;

/** Set where the agent runs, when a breed has packages. */
export const packagesVariable = "DROVER_AGENT_PACKAGES";

/** Rejects with StartError. */
export async function packageArchive(archiveOf: ArchiveOf | undefined, packages: LockedPackages): Promise<string> {
  if (archiveOf === undefined) throw new StartError("refused", "no npm packages can be had here");
  try {
    return await archiveOf(packages);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError("image-unavailable", `the npm packages cannot be had: ${reason}`, { cause: error });
  }
}
