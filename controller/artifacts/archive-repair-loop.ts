// Runs the repair of the archive once at the start of a controller, beside its other work: the index may need minutes before it has
// seen the whole stream, and only then can it tell what is missing there.
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";

const againWaitMs = 2_000;

export type ArchiveRepair = { stop(): void };

/** `repair` resolves with how many changes it recorded; it is tried again until it does. */
export function startArchiveRepair(repair: () => Promise<number>, log: Logger): ArchiveRepair {
  const stopping = new AbortController();
  void repairUntilDone();
  return { stop: () => stopping.abort() };

  async function repairUntilDone(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const recorded = await repair();
        if (recorded > 0)
          log.warn({ recorded }, "recorded changes that an earlier controller had stored but not announced");
        return;
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ error: String(error) }, "it cannot be checked now that all changes are recorded; trying again");
      }
      await delay(againWaitMs, null, { signal: stopping.signal }).catch(() => {});
    }
  }
}
