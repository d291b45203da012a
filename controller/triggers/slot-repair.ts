// Stores the events of decisions that were written and not told, because the controller that wrote them died in between.
import type { Logger } from "pino";
import type { Replacements } from "./replacements.ts";
import type { SlotCursor, SlotCursors } from "./slot-cursors.ts";
import type { SlotEvents } from "./slot-events.ts";

/** How long the writer of a decision, if it lives, is given to tell it. */
const toldWithinMs = 5_000;

export type SlotRepair = { stop(): void };

/** Resolves when all that earlier controllers left untold is stored; then looks after what others write. */
export async function startSlotRepair(parts: {
  cursors: SlotCursors;
  events: SlotEvents;
  replacements: Replacements;
  /** When the oldest event of the stream was stored. */
  oldestEventMs: () => Promise<number>;
  log: Logger;
}): Promise<SlotRepair> {
  const { cursors, events, replacements, oldestEventMs, log } = parts;
  const timers = new Set<NodeJS.Timeout>();
  await repair(cursors.all());
  const stopListening = cursors.onForeign(repairLater);

  return {
    stop() {
      stopListening();
      for (const timer of timers) clearTimeout(timer);
    },
  };

  function repairLater(cursor: SlotCursor): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      repair([cursor]).catch((error: unknown) => {
        log.debug({ error: String(error) }, "could not check that another controller's slots are stored");
        repairLater(cursor);
      });
    }, toldWithinMs);
    timers.add(timer);
  }

  async function repair(written: readonly SlotCursor[]): Promise<void> {
    // What was written before the oldest event may have been told by an event that is gone since.
    const oldestMs = written.length === 0 ? 0 : await oldestEventMs();
    const recent = written.filter((cursor) => Date.parse(cursor.writtenAt) >= oldestMs);
    const unknown = await events.unknownOf(recent.flatMap(({ reports }) => reports));
    if (unknown.length === 0) return;
    log.warn({ slots: unknown.length }, "storing slots that were decided and not told");
    const untold = new Set(unknown);
    for (const { workflow, replaced, reports } of recent)
      if (replaced !== null && reports.some((report) => untold.has(report))) replacements.end(workflow, replaced);
    await events.store(unknown);
  }
}
