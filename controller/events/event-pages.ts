// Pages of events that fit a query, and how many there are.
//
//   P1. What is found is what `compileFilter` and the bounds on time say of every event; the index only saves looking at the others.
//   P2. A bounded count takes about 2 ms at most, however many events there are. What it has looked at counts, whether it fits or not.
//   P3. All of it goes in steps: none takes longer than some 20 ms.
import type { DatabaseSync } from "node:sqlite";
import { type EventFilter, compileFilter } from "../../model/event-match.ts";
import type { Event } from "../../model/event.ts";
import { type Dictionary, type Search, searchOf } from "./event-terms.ts";
import type { Minutes } from "./minutes.ts";
import { PageTooLarge, pageBytesMax } from "./page.ts";
import type { EventPage, EventQuery, TimeRange } from "./questions.ts";
import type { Steps } from "./steps.ts";
import { type SequenceRange, type TermIndex, shardEnd } from "./term-index.ts";

/** Of events that the terms alone find: about 1 ms of counting. */
const countedMax = 5_000;
/** Of events that have to be looked at, one by one. */
const lookedAtMax = 500;

export type Parts = {
  readonly db: DatabaseSync;
  readonly terms: TermIndex;
  readonly dictionary: Dictionary;
  readonly minutes: Minutes;
  /** The sequences that count, and how many events they have. */
  readonly extent: () => SequenceRange & { readonly events: number };
};

/** Milliseconds since 1970, from the first up to and without the second. */
export type Times = { readonly fromMs: number; readonly toMs: number };

type Counted = { readonly total: number; readonly totalIsExact: boolean };
const nothing: Counted = { total: 0, totalIsExact: true };

export type Found = { readonly seq: number; readonly text: string };

export type EventSearch = {
  page(query: EventQuery): Steps<EventPage>;
  /** Every event that fits; null for what was looked at and does not. */
  found(filter: EventFilter, times: Times, ranges: readonly SequenceRange[]): Generator<Found | null>;
};

export function createEventSearch({ db, terms, dictionary, minutes, extent }: Parts): EventSearch {
  const read = db.prepare("SELECT json FROM event WHERE seq = ? AND time >= ? AND time < ?");
  const all = (order: EventQuery["order"]): string =>
    `SELECT seq, CASE WHEN time >= ? AND time < ? THEN json END AS json FROM event WHERE seq BETWEEN ? AND ? ORDER BY seq ${order === "newest" ? "DESC" : "ASC"}`;

  return {
    *page(query) {
      const times = timesOf(query.time);
      const search = searchOf(query.filter, dictionary);
      const ranges = timed(extent(), times, minutes);
      const texts: string[] = [];
      const sequences: number[] = [];
      let bytes = 0;
      let passed = 0;
      if (query.limit > 0) {
        for (const one of matching(query.filter, search, times, beyond(ranges, query), query.order)) {
          yield;
          if (one === null || passed++ < query.offset) continue;
          const { seq, text } = one;
          bytes += text.length;
          if (bytes > pageBytesMax) throw new PageTooLarge();
          sequences.push(seq);
          if (texts.push(text) >= query.limit) break;
        }
      }
      const page = { texts, sequences };
      if (query.count === "none") return { ...page, total: null, totalIsExact: false };
      const isAll = query.beyond === null && texts.length < query.limit && (texts.length > 0 || query.offset === 0);
      if (isAll) return { ...page, total: query.offset + texts.length, totalIsExact: true };
      const most = query.count === "exact" ? Infinity : countedMax;
      const counted = yield* count(query.filter, search, times, ranges, most);
      // More than were counted may have been passed over already.
      const seen = query.beyond === null && texts.length > 0 ? query.offset + texts.length : 0;
      return { ...page, total: Math.max(counted.total, seen), totalIsExact: counted.totalIsExact };
    },
    found: (filter, times, ranges) => matching(filter, searchOf(filter, dictionary), times, ranges, "oldest"),
  };

  function* matching(
    filter: EventFilter,
    search: Search,
    times: Times,
    ranges: readonly SequenceRange[],
    order: EventQuery["order"],
  ): Generator<Found | null> {
    if (search.kind === "none") return;
    const fits = search.verify ? compileFilter(filter) : null;
    for (const one of candidates(search, times, ranges, order))
      yield one === null || fits === null || fits(JSON.parse(one.text) as Event) ? one : null;
  }

  /** What the index cannot rule out; null for what has another time. */
  function* candidates(
    search: Exclude<Search, { kind: "none" }>,
    { fromMs, toMs }: Times,
    ranges: readonly SequenceRange[],
    order: EventQuery["order"],
  ): Generator<Found | null> {
    for (const range of order === "newest" ? ranges.toReversed() : ranges) {
      if (search.kind === "all") {
        for (const row of db.prepare(all(order)).iterate(fromMs, toMs, range.from, range.to))
          yield row["json"] === null ? null : { seq: Number(row["seq"]), text: String(row["json"]) };
        continue;
      }
      for (const [place, part] of [...parts(range, order)].entries()) {
        if (place > 0) yield null;
        for (const seq of terms.sequences(search.expression, part, order)) {
          const row = read.get(seq, fromMs, toMs);
          yield row ? { seq, text: String(row["json"]) } : null;
        }
      }
    }
  }

  function* count(
    filter: EventFilter,
    search: Search,
    times: Times,
    ranges: readonly SequenceRange[],
    most: number,
  ): Steps<Counted> {
    if (search.kind === "none") return nothing;
    const isTimed = times.fromMs > -Infinity || times.toMs < Infinity;
    let total = 0;
    if (search.kind === "all" && !search.verify && !isTimed) return { total: extent().events, totalIsExact: true };
    if (search.kind === "words" && !search.verify && !isTimed) {
      for (const part of ranges.flatMap((range) => [...parts(range, "oldest")])) {
        yield;
        total += terms.count(search.expression, part, most - total);
        if (total >= most) break;
      }
      return { total, totalIsExact: total < most };
    }
    const fits = search.verify ? compileFilter(filter) : null;
    let lookedAt = 0;
    for (const one of candidates(search, times, ranges, "newest")) {
      yield;
      if (one !== null && (fits === null || fits(JSON.parse(one.text) as Event))) total += 1;
      if (++lookedAt >= lookedAtMax && most < Infinity) return { total, totalIsExact: false };
    }
    return { total, totalIsExact: true };
  }
}

/** Where events of that time can be, in order. */
export function timed(extent: SequenceRange, { fromMs, toMs }: Times, minutes: Minutes): readonly SequenceRange[] {
  if (fromMs === -Infinity && toMs === Infinity) return [extent];
  if (fromMs >= toMs) return [];
  return minutes
    .stretches(fromMs, toMs - 1)
    .map(({ from, to }) => ({ from: Math.max(extent.from, from), to: Math.min(extent.to, to) }))
    .filter(({ from, to }) => from <= to);
}

/** Times have milliseconds, so what comes after one comes from the next millisecond on. */
export function timesOf({ gt, gte, lt, lte }: TimeRange): Times {
  const ms = (text: string | undefined, more: number, none: number): number =>
    text === undefined ? none : Date.parse(text) + more;
  return {
    fromMs: Math.max(ms(gt, 1, -Infinity), ms(gte, 0, -Infinity)),
    toMs: Math.min(ms(lt, 0, Infinity), ms(lte, 1, Infinity)),
  };
}

function beyond(ranges: readonly SequenceRange[], { beyond: bound, order }: EventQuery): readonly SequenceRange[] {
  if (bound === null) return ranges;
  return ranges
    .map(({ from, to }) =>
      order === "newest" ? { from, to: Math.min(to, bound - 1) } : { from: Math.max(from, bound + 1), to },
    )
    .filter(({ from, to }) => from <= to);
}

/**
 * Shard by shard. FTS5 does not mind the bounds while it looks for where two terms meet, but goes on to the end of its table: smaller
 * parts would each do that, and all of a shard, where two terms never meet, takes some 20 ms.
 */
function* parts({ from, to }: SequenceRange, order: EventQuery["order"]): Generator<SequenceRange> {
  const shards: SequenceRange[] = [];
  for (let start = from; start <= to;) {
    const end = Math.min(to, shardEnd(start));
    shards.push({ from: start, to: end });
    start = end + 1;
  }
  yield* order === "oldest" ? shards : shards.toReversed();
}
