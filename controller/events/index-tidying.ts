// Merges what the index has written in many pieces, when little comes in: a step of a few ms, then a pause in which questions and
// events have their turn.
import type { IndexStore } from "./index-store.ts";

const lookEveryMs = 1_000;
const stepEveryMs = 20;
/** While more events a millisecond come in, the index has better things to do. */
const busyPerMs = 5;

/** `onBroken`: the file failed, and there is no further step. */
export function startTidying(
  store: Pick<IndexStore, "tidy" | "lastSequence">,
  onBroken: (error: unknown) => void,
): { stop(): void } {
  let seen = store.lastSequence;
  let timer = setTimeout(look, lookEveryMs, lookEveryMs);
  return { stop: () => clearTimeout(timer) };

  function look(waitedMs: number): void {
    const isBusy = store.lastSequence - seen > waitedMs * busyPerMs;
    seen = store.lastSequence;
    try {
      const waitMs = isBusy || store.tidy() ? lookEveryMs : stepEveryMs;
      timer = setTimeout(look, waitMs, waitMs);
    } catch (error) {
      onBroken(error);
    }
  }
}
