// Numbers over many events: counts, sums, extremes, averages and percentiles, over all or in buckets of time. Exact.
//
//   A1. Whole minutes of a filter that asks for one shared term, or for nothing, come from the counts that are kept per minute.
//   A2. Any other whole minute is computed from its events, and remembered for as long as the minute has not got another one.
//   A3. What is left at both ends, and ranges too long to remember minute by minute, is computed from the events.
import type { EventFilter } from "../../model/event-match.ts";
import type { Event } from "../../model/event.ts";
import { type EventSearch, type Parts, type Times, timed, timesOf } from "./event-pages.ts";
import { soleTerm } from "./event-terms.ts";
import {
  type Gathered,
  addGathered,
  countsEvents,
  gather,
  keepsEach,
  nothingYet,
  otherThanNumbers,
  valueOf,
} from "./gathered.ts";
import { type Minute, addSums, minuteMs } from "./minutes.ts";
import type { AggregateAnswer, AggregateQuery, Aggregator } from "./questions.ts";
import type { SequenceRange } from "./term-index.ts";

const bucketsMax = 10_000;
/** Some figures need every number at once: 8 bytes each. */
const numbersMax = 1_000_000;
/** A little over a day; longer ranges are read in one go. */
const rememberedMinutesMax = 1_500;
const rememberedQueriesMax = 64;

type Remembered = { readonly total: number; readonly first: number; readonly partial: Gathered };

export type Aggregates = { aggregate(query: AggregateQuery): AggregateAnswer; reload(): void };

export function createAggregates(
  parts: Parts & { readonly termOf: (term: string) => number | null },
  search: EventSearch,
): Aggregates {
  const { minutes, extent, termOf } = parts;
  const remembered = new Map<string, Map<number, Remembered>>();

  return {
    aggregate(query) {
      const { aggregator, filter, intervalMs } = query;
      const whole = extent();
      const times = withEnds(timesOf(query.time), query);
      const range = times === null ? null : timed(whole, times, minutes);
      const bucketOf = (ms: number): number => (intervalMs === null ? 0 : Math.floor(ms / intervalMs));
      const buckets = new Map<number, Gathered>();
      if (intervalMs === null) into(0);
      else if (times !== null) {
        const [first, last] = [bucketOf(times.fromMs), bucketOf(times.toMs - 1)];
        if (last - first >= bucketsMax) return { kind: "too-many-buckets", buckets: last - first + 1, bucketsMax };
        for (let place = first; place <= last; place += 1) into(place);
      }
      if (times !== null && range !== null)
        collect(filter, aggregator, { times, range, whole }, (ms) => into(bucketOf(ms)), intervalMs);

      const all = [...buckets].toSorted(([a], [b]) => a - b);
      const numbers = all.reduce((sum, [, { list }]) => sum + (list?.length ?? 0), 0);
      if (numbers >= numbersMax) return { kind: "too-many-numbers", numbersMax };
      const other = otherThanNumbers(all.map(([, one]) => one));
      if (!countsEvents(aggregator) && other !== null) return { kind: "not-numbers", found: other };
      const results = all.map(([place, one]) => ({
        place,
        value: valueOf(aggregator, one),
        count: countsEvents(aggregator) ? one.events : one.numbers,
      }));
      if (intervalMs === null)
        return { kind: "value", value: results[0]?.value ?? null, count: results[0]?.count ?? 0 };
      return {
        kind: "buckets",
        buckets: results.map(({ place, value, count }) => {
          return { timestamp: new Date(place * intervalMs).toISOString(), value, count };
        }),
      };

      function into(place: number): Gathered {
        let one = buckets.get(place);
        if (!one) buckets.set(place, (one = nothingYet(aggregator)));
        return one;
      }
    },
    reload: () => remembered.clear(),
  };

  /** A range that is open at an end goes as far as there are events; in buckets, as far as now. Null: there is nothing. */
  function withEnds({ fromMs, toMs }: Times, { intervalMs, now }: AggregateQuery): Times | null {
    const there = minutes.extent();
    if (there === null) return null;
    const endMs = intervalMs === null ? there.toMs : Date.parse(now) + 1;
    const times = {
      fromMs: fromMs === -Infinity ? Math.min(there.fromMs, toMs) : fromMs,
      toMs: toMs === Infinity ? endMs : toMs,
    };
    return times.fromMs < times.toMs ? times : null;
  }

  /** Adds every event that fits to the bucket of its time. */
  function collect(
    filter: EventFilter,
    aggregator: Aggregator,
    { times, range, whole }: { times: Times; range: SequenceRange; whole: SequenceRange },
    bucketAt: (ms: number) => Gathered,
    intervalMs: number | null,
  ): void {
    const from = Math.ceil(times.fromMs / minuteMs);
    const to = Math.floor(times.toMs / minuteMs);
    const isSplit = intervalMs !== null && intervalMs % minuteMs !== 0;
    const isOfValues = aggregator.field === null && aggregator.range === null;
    const sole = isOfValues && !keepsEach(aggregator) ? soleTerm(filter) : null;
    const canRemember = !keepsEach(aggregator) && to - from <= rememberedMinutesMax;
    if (isSplit || to <= from || (sole === null && !canRemember))
      return scan(filter, aggregator, times, range, bucketAt);

    const atEnds = [
      { fromMs: times.fromMs, toMs: from * minuteMs },
      { fromMs: to * minuteMs, toMs: times.toMs },
    ];
    for (const end of atEnds) scanWithin(filter, aggregator, end, whole, bucketAt);
    if (sole !== null) addRollups(filter, aggregator, { sole, from, to, whole }, bucketAt);
    else addRemembered(filter, aggregator, minutes.between(from, to), whole, bucketAt);
  }

  function addRollups(
    filter: EventFilter,
    aggregator: Aggregator,
    { sole, from, to, whole }: { sole: string; from: number; to: number; whole: SequenceRange },
    bucketAt: (ms: number) => Gathered,
  ): void {
    const term = sole === "" ? 0 : termOf(sole);
    if (term === null) return;
    const cut = new Map(
      minutes.between(from, to).flatMap((one) => (one.first < whole.from ? [[one.minute, one]] : [])),
    );
    for (const sums of minutes.rollups(term, from, to)) {
      if (cut.has(sums.minute)) continue;
      const into = bucketAt(sums.minute * minuteMs);
      addSums(into, sums);
      // What has no number is only told when nothing has one, so it need not be the first.
      if (sums.numbers < sums.events) into.other ??= "no number";
    }
    for (const { minute } of cut.values()) scanWithin(filter, aggregator, minuteTimes(minute), whole, bucketAt);
  }

  function addRemembered(
    filter: EventFilter,
    aggregator: Aggregator,
    wanted: readonly Minute[],
    whole: SequenceRange,
    bucketAt: (ms: number) => Gathered,
  ): void {
    const known = rememberedOf(JSON.stringify([filter, aggregator.field, aggregator.range]));
    for (const { minute, first, total } of wanted) {
      const start = Math.max(first, whole.from);
      let one = known.get(minute);
      if (!one || one.total !== total || one.first !== start) {
        const partial = nothingYet(aggregator);
        scanWithin(filter, aggregator, minuteTimes(minute), whole, () => partial);
        known.set(minute, (one = { total, first: start, partial }));
      }
      addGathered(bucketAt(minute * minuteMs), one.partial);
    }
  }

  /** The one that was asked for last is kept longest. */
  function rememberedOf(key: string): Map<number, Remembered> {
    let known = remembered.get(key) ?? new Map<number, Remembered>();
    remembered.delete(key);
    if (known.size > 2 * rememberedMinutesMax) known = new Map();
    remembered.set(key, known);
    const [oldest] = remembered.keys();
    if (remembered.size > rememberedQueriesMax && oldest !== undefined) remembered.delete(oldest);
    return known;
  }

  function scanWithin(
    filter: EventFilter,
    aggregator: Aggregator,
    times: Times,
    whole: SequenceRange,
    bucketAt: (ms: number) => Gathered,
  ): void {
    const range = timed(whole, times, minutes);
    if (range !== null) scan(filter, aggregator, times, range, bucketAt);
  }

  function scan(
    filter: EventFilter,
    aggregator: Aggregator,
    times: Times,
    range: SequenceRange,
    bucketAt: (ms: number) => Gathered,
  ): void {
    let numbers = 0;
    for (const { text } of search.found(filter, times, range)) {
      const { timestamp, value } = JSON.parse(text) as Event;
      const into = bucketAt(Date.parse(timestamp));
      if (gather(into, value, aggregator) && into.list !== null && ++numbers >= numbersMax) return;
    }
  }
}

function minuteTimes(minute: number): Times {
  return { fromMs: minute * minuteMs, toMs: (minute + 1) * minuteMs };
}
