// Gathers what an aggregate is computed from, by the cheapest way that there is to it.
//
//   C1. Whole minutes of a filter that asks for one shared term, or for nothing, come from the counts that are kept per minute.
//   C2. Any other whole minute is computed from its events, and remembered (remembered.ts).
//   C3. What is left at both ends, minutes that the stream has lost events of, and ranges too long to remember minute by minute, is
//       computed from the events. Those of many minutes are read once, not minute by minute.
import type { EventFilter } from "../../model/event-match.ts";
import type { Event } from "../../model/event.ts";
import { type EventSearch, type Parts, type Times, timed } from "./event-pages.ts";
import { soleTerm } from "./event-terms.ts";
import { type Gathered, addGathered, gather, keepsEach, nothingYet } from "./gathered.ts";
import { type Minute, minuteMs } from "./minutes.ts";
import type { Aggregator } from "./questions.ts";
import type { Remembered } from "./remembered.ts";
import type { Steps } from "./steps.ts";
import { joined } from "./stretches.ts";
import { addSums } from "./sums.ts";
import type { SequenceRange } from "./term-index.ts";

/** Some figures need every number at once: 8 bytes each. */
export const numbersMax = 1_000_000;
/** A little over a day; longer ranges are read in one go. */
const rememberedMinutesMax = 1_500;
/** Minutes that are put aside to be read together: some 10 MB. */
const togetherMax = 50_000;

export type CollectingParts = Parts & {
  readonly termOf: (term: string) => number | null;
  readonly remembered: Remembered;
  readonly search: EventSearch;
};
export type Wanted = {
  readonly filter: EventFilter;
  readonly aggregator: Aggregator;
  readonly intervalMs: number | null;
  readonly times: Times;
};

/** Adds every event that fits to what `bucketAt` has for its time. */
export function* collect(
  { minutes, extent, termOf, remembered, search }: CollectingParts,
  { filter, aggregator, intervalMs, times }: Wanted,
  bucketAt: (ms: number) => Gathered,
): Steps<void> {
  const whole = extent();
  const from = Math.ceil(times.fromMs / minuteMs);
  const to = Math.floor(times.toMs / minuteMs);
  const isSplit = intervalMs !== null && intervalMs % minuteMs !== 0;
  const isOfValues = aggregator.field === null && aggregator.range === null;
  const sole = isOfValues && !keepsEach(aggregator) ? soleTerm(filter) : null;
  const canRemember = !keepsEach(aggregator) && to - from <= rememberedMinutesMax;
  if (isSplit || to <= from || (sole === null && !canRemember)) return yield* scanWithin(times);

  yield* scanWithin({ fromMs: times.fromMs, toMs: from * minuteMs });
  yield* scanWithin({ fromMs: to * minuteMs, toMs: times.toMs });
  if (sole === null) return yield* addRemembered();
  const counted = sole === "" ? 0 : termOf(sole);
  if (counted !== null) yield* addRollups(counted);

  function* addRollups(term: number): Steps<void> {
    const apart = new Map<number, Minute>();
    for (const window of minutes.windows(from, to)) {
      yield;
      for (const one of minutes.cut(window, whole.from)) apart.set(one.minute, one);
      const all = intervalMs === null ? minutes.summed(term, window, whole.from) : null;
      if (all !== null && isFinite(all.sum)) add(all.events > 0 ? bucketAt(0) : null, { ...all, sum: all.sum });
      else {
        for (const one of minutes.rollups(term, window, whole.from)) {
          if (isFinite(one.sum)) add(bucketAt(one.minute * minuteMs), { ...one, sum: one.sum });
          else for (const minute of minutes.between(one.minute, one.minute + 1)) apart.set(minute.minute, minute);
        }
      }
      if (apart.size < togetherMax) continue;
      yield* scanMinutes(apart, bucketAt);
      apart.clear();
    }
    yield* scanMinutes(apart, bucketAt);
  }

  function* addRemembered(): Steps<void> {
    const query = JSON.stringify([filter, aggregator.field, aggregator.range]);
    const missing = new Map<number, Minute>();
    const computed = new Map<number, Gathered>();
    for (const one of minutes.between(from, to)) {
      const partial = remembered.find(query, one, firstOf(one));
      if (partial !== null) addPartial(one, partial);
      else {
        missing.set(one.minute, one);
        computed.set(one.minute, nothingYet(aggregator));
      }
    }
    yield* scanMinutes(missing, (ms) => computed.get(Math.floor(ms / minuteMs)) ?? null);
    for (const [minute, partial] of computed) {
      const one = missing.get(minute);
      if (one === undefined) continue;
      remembered.keep(query, one, firstOf(one), partial);
      addPartial(one, partial);
    }
  }

  function addPartial({ minute }: Minute, partial: Gathered): void {
    if (partial.events > 0) addGathered(bucketAt(minute * minuteMs), partial);
  }

  function firstOf({ first }: Minute): number {
    return Math.max(first, whole.from);
  }

  function* scanMinutes(chosen: ReadonlyMap<number, Minute>, into: (ms: number) => Gathered | null): Steps<void> {
    let [low, high] = [Infinity, -Infinity];
    for (const minute of chosen.keys()) [low, high] = [Math.min(low, minute), Math.max(high, minute)];
    const spans = [...chosen.values()].map((one) => ({ from: firstOf(one), to: one.last }));
    const ranges = joined(spans.filter((one) => one.from <= one.to).toSorted((a, b) => a.from - b.from));
    const isChosen = (ms: number): boolean => chosen.has(Math.floor(ms / minuteMs));
    const within = { fromMs: low * minuteMs, toMs: (high + 1) * minuteMs };
    yield* scan(within, ranges, (ms) => (isChosen(ms) ? into(ms) : null));
  }

  function* scanWithin(within: Times): Steps<void> {
    yield* scan(within, timed(whole, within, minutes), bucketAt);
  }

  function* scan(within: Times, ranges: readonly SequenceRange[], into: (ms: number) => Gathered | null): Steps<void> {
    let numbers = 0;
    for (const one of search.found(filter, within, ranges)) {
      yield;
      if (one === null) continue;
      const { timestamp, value } = JSON.parse(one.text) as Event;
      const place = into(Date.parse(timestamp));
      if (place === null) continue;
      if (gather(place, value, aggregator) && place.list !== null && ++numbers >= numbersMax) return;
    }
  }
}

function add(into: Gathered | null, sums: Parameters<typeof addSums>[1]): void {
  if (into === null) return;
  addSums(into, sums);
  // What has no number is only told when nothing has one, so it need not be the first.
  if (sums.numbers < sums.events) into.other ??= "no number";
}

function isFinite(sum: number | null): sum is number {
  return sum !== null && Number.isFinite(sum);
}
