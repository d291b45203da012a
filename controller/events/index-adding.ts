// Adds a batch to the index. An event that cannot be added (anybody may publish any bytes under a name of their own) is passed over,
// and keeps none of the others out; a file that fails is the caller's affair.
import { isOfSqlite, isOfTheMachine } from "./index-file.ts";
import type { IndexStore } from "./index-store.ts";
import type { IndexedEvent } from "./questions.ts";

/** How many were passed over, the place of one of them, and why it was. */
export type Skipped = { readonly count: number; readonly sequence: number; readonly reason: string };

/**
 * As `addAll`. `adding` holds the first sequence while it goes on, and for good when the thread dies of it: unless that lies in the
 * machine.
 */
export function addTold(
  store: Pick<IndexStore, "add">,
  { batch, through, adding }: { batch: readonly IndexedEvent[]; through: number; adding: Float64Array },
): Skipped | null {
  adding[0] = batch[0]?.seq ?? 0;
  try {
    const skipped = addAll(store, batch, through);
    adding[0] = 0;
    return skipped;
  } catch (error) {
    if (isOfTheMachine(error)) adding[0] = 0;
    throw error;
  }
}

/** What was passed over; null: nothing. Throws what SQLite throws; then nothing, or the beginning of the batch, was added. */
export function addAll(
  store: Pick<IndexStore, "add">,
  batch: readonly IndexedEvent[],
  through: number,
): Skipped | null {
  try {
    store.add(batch, through);
    return null;
  } catch (error) {
    if (isOfSqlite(error)) throw error;
  }
  let skipped: Skipped | null = null;
  for (const one of batch) {
    try {
      store.add([one], one.seq);
    } catch (error) {
      if (isOfSqlite(error)) throw error;
      skipped = oneMore(skipped, { sequence: one.seq, reason: String(error) });
    }
  }
  store.add([], through);
  return skipped;
}

export function oneMore(
  skipped: Skipped | null,
  { sequence, reason }: { readonly sequence: number; readonly reason: string },
): Skipped {
  return skipped === null ? { count: 1, sequence, reason } : { ...skipped, count: skipped.count + 1 };
}

export function together(a: Skipped | null, b: Skipped | null): Skipped | null {
  return a === null || b === null ? (a ?? b) : { ...a, count: a.count + b.count };
}
