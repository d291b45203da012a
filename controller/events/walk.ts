// Goes through stored events from the oldest on, slice by slice: no question keeps the index long, and no answer this thread.
import type { EventFilter } from "../../model/event-match.ts";
import type { Event } from "../../model/event.ts";
import type { EventIndex } from "./index.ts";
import { PageTooLarge } from "./page.ts";
import { type TimeRange, eventsOf } from "./questions.ts";

const eventsPerSlice = 500;

export type Walk = {
  readonly filter: EventFilter;
  readonly time: TimeRange;
  /** Begins behind this stream sequence; null: with the first event. */
  readonly after: number | null;
};
export type Walked = { readonly sequence: number; readonly event: Event };

/** `passed` as in any question to the index. Rejects with IndexUnavailable. */
export async function* walk(
  index: Pick<EventIndex, "query">,
  { filter, time, after }: Walk,
  passed: number,
): AsyncGenerator<Walked, void, void> {
  let beyond = after;
  let limit = eventsPerSlice;
  for (;;) {
    const query = { filter, time, order: "oldest", beyond, offset: 0, limit, count: "none" } as const;
    const page = await index.query(query, passed).catch(tooLarge);
    if (page === null) {
      // One event always fits.
      limit = Math.max(1, limit >> 1);
      continue;
    }
    for (const [place, event] of eventsOf(page).entries()) {
      const sequence = page.sequences[place];
      if (sequence !== undefined) yield { sequence, event };
    }
    const last = page.sequences.at(-1);
    if (last === undefined || page.sequences.length < limit) return;
    beyond = last;
  }
}

function tooLarge(error: unknown): null {
  if (error instanceof PageTooLarge) return null;
  throw error;
}
