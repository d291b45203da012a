// Which event workflows an event sets off, out of many thousands: an idle one costs nothing.
//
//   M1. A filter is kept under one thing that every event it matches must have: a tag, a word of its type, its type, its source
//       or the beginning of that. Of these, under the one that keeps the fewest filters now. Only filters under what an event has are looked at.
//   M2. A filter that asks for none of these (a pattern without a literal word) is looked at always.
//   M3. A changed workflow costs its own filter, not all.
import { compileFilter } from "../../model/event-match.ts";
import type { EventSchedule } from "../../model/event-schedule.ts";
import type { Event } from "../../model/event.ts";

export type Matcher = {
  /** Puts a workflow's filter in the place of the one before; null: it has none any more. */
  set(workflow: string, filter: EventSchedule | null): void;
  /** In no particular order. */
  matching(event: Event): string[];
};

type Registered = { readonly workflow: string; readonly matches: ReturnType<typeof compileFilter> };
/** The filters that are kept under each tag, word, type or source. */
type Shelf = Map<string, Set<Registered>>;
type Place = { readonly shelf: Shelf; readonly key: string };

export function createMatcher(): Matcher {
  const tags: Shelf = new Map();
  const words: Shelf = new Map();
  const types: Shelf = new Map();
  const sources: Shelf = new Map();
  const sourceBeginnings: Shelf = new Map();
  const others = new Set<Registered>();
  const removals = new Map<string, () => void>();

  return {
    set(workflow, filter) {
      removals.get(workflow)?.();
      removals.delete(workflow);
      if (filter !== null) removals.set(workflow, register({ workflow, matches: compileFilter(filter) }, filter));
    },
    matching(event) {
      const found: string[] = [];
      const look = (candidates: Set<Registered> | undefined): void => {
        if (candidates) for (const one of candidates) if (one.matches(event)) found.push(one.workflow);
      };
      for (const tag of new Set(event.tags)) look(tags.get(tag));
      if (words.size > 0) for (const word of new Set(event.type.split("."))) look(words.get(word));
      look(types.get(event.type));
      look(sources.get(event.source));
      if (sourceBeginnings.size > 0)
        for (let chars = 0; chars <= event.source.length; chars++)
          look(sourceBeginnings.get(event.source.slice(0, chars)));
      look(others);
      return found;
    },
  };

  /** Returns what takes it out again. */
  function register(registered: Registered, filter: EventSchedule): () => void {
    const place = rarest(placesOf(filter));
    if (place === null) {
      others.add(registered);
      return () => void others.delete(registered);
    }
    const { shelf, key } = place;
    const kept = shelf.get(key) ?? new Set<Registered>();
    shelf.set(key, kept.add(registered));
    return () => {
      kept.delete(registered);
      if (kept.size === 0 && shelf.get(key) === kept) shelf.delete(key);
    };
  }

  /** The more telling ones first: of two that are as rare, the first is taken. */
  function placesOf({ tags: wanted, type, source }: EventSchedule): Place[] {
    const byLength = wanted.toSorted((a, b) => b.length - a.length);
    return [
      ...byLength.map((key) => ({ shelf: tags, key })),
      ...(type === undefined ? [] : typePlaces(type)),
      ...(source === undefined ? [] : [sourcePlace(source)]),
    ];
  }

  function sourcePlace(source: string): Place {
    if (!source.endsWith("*")) return { shelf: sources, key: source };
    return { shelf: sourceBeginnings, key: source.slice(0, -1) };
  }

  function typePlaces(pattern: string): Place[] {
    const literal = pattern.split(".").filter((word) => word !== "*" && word !== "#");
    if (!/[*#]/.test(pattern)) return [{ shelf: types, key: pattern }];
    return literal.map((key) => ({ shelf: words, key }));
  }
}

function rarest(places: readonly Place[]): Place | null {
  let best: Place | null = null;
  let fewest = Infinity;
  for (const place of places) {
    const count = place.shelf.get(place.key)?.size ?? 0;
    if (count >= fewest) continue;
    best = place;
    fewest = count;
  }
  return best;
}
