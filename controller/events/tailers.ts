// Who follows the stream, found by what an event has, so that a tailer of something rare costs nothing until it happens.
//
//   T1. A tailer is kept under one thing that every event for it has: its first tag, or its type. One that asks for neither, or for a
//       type with wildcards, is looked at always.
//   T2. What a tailer throws is its own end; it must not reach the reader, which would end in silence, and with it all tailers.
import { type EventFilter, compileFilter } from "../../model/event-match.ts";
import type { LiveEvent } from "./live-event.ts";

export type Tailer = {
  readonly filter: EventFilter;
  readonly push: (live: LiveEvent) => void;
  /** The past cannot be read, or `push` has thrown; nothing is pushed any more. */
  readonly failed: (error: Error) => void;
  /** Null when more of the past may be pushed, else a promise of that moment. */
  readonly room?: () => Promise<void> | null;
  /** All of the past has been pushed, everything up to that sequence; what follows is pushed as it happens. */
  readonly joined?: (sequence: number) => void;
};

export type Tailers = {
  /** Replaces the one that was added under the same key. */
  set(key: object, tailer: Tailer | null): void;
  offer(live: LiveEvent): void;
  readonly isEmpty: boolean;
  clear(): void;
};

type Shelf = Map<object, (live: LiveEvent) => void>;

export function createTailers(): Tailers {
  const shelves = new Map<string, Shelf>();
  const places = new Map<object, string>();

  return {
    set(key, tailer) {
      const before = places.get(key);
      if (before !== undefined) take(key, before);
      if (tailer === null) return;
      const place = placeOf(tailer.filter);
      places.set(key, place);
      let shelf = shelves.get(place);
      if (!shelf) shelves.set(place, (shelf = new Map()));
      shelf.set(key, offering(tailer));
    },
    offer(live) {
      const { tags, type } = live.event;
      hand(live, "");
      hand(live, `type ${type}`);
      for (const tag of new Set(tags)) hand(live, `tag ${tag}`);
    },
    get isEmpty() {
      return places.size === 0;
    },
    clear() {
      shelves.clear();
      places.clear();
    },
  };

  function hand(live: LiveEvent, place: string): void {
    const shelf = shelves.get(place);
    if (shelf) for (const offer of shelf.values()) offer(live);
  }

  function take(key: object, place: string): void {
    places.delete(key);
    const shelf = shelves.get(place);
    shelf?.delete(key);
    if (shelf?.size === 0) shelves.delete(place);
  }
}

/** Hands on what the filter lets by. */
export function offering({ filter, push, failed }: Tailer): (live: LiveEvent) => void {
  const matches = compileFilter(filter);
  return (live) => {
    try {
      if (matches(live.event)) push(live);
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error)));
    }
  };
}

function placeOf({ tags: [tag] = [], type }: EventFilter): string {
  if (tag !== undefined) return `tag ${tag}`;
  return type === undefined || hasWildcards(type) ? "" : `type ${type}`;
}

export function hasWildcards(type: string): boolean {
  return /[*#]/.test(type);
}
