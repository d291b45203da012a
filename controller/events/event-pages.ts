// Pages of events that fit a query, and how many there are.
//
//   P1. What is found is what `compileFilter` and the bounds on time say of every event; the index only saves looking at the others.
//   P2. A bounded count takes about 2 ms at most, however many events there are.
import type { DatabaseSync } from "node:sqlite";
import { type EventFilter, compileFilter } from "../../model/event-match.ts";
import type { Event } from "../../model/event.ts";
import { type Dictionary, type Search, searchOf } from "./event-terms.ts";
import type { Minutes } from "./minutes.ts";
import { PageTooLarge, pageBytesMax } from "./page.ts";
import type { EventPage, EventQuery, TimeRange } from "./questions.ts";
import type { SequenceRange, TermIndex } from "./term-index.ts";

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
  page(query: EventQuery): EventPage;
  /** Every event that fits, with its time. */
  found(filter: EventFilter, times: Times, range: SequenceRange): Generator<Found>;
};

export function createEventSearch({ db, terms, dictionary, minutes, extent }: Parts): EventSearch {
  const read = db.prepare("SELECT json FROM event WHERE seq = ? AND time >= ? AND time < ?");
  const all = (order: EventQuery["order"]): string =>
    `SELECT seq, json FROM event WHERE seq BETWEEN ? AND ? AND time >= ? AND time < ? ORDER BY seq ${order === "newest" ? "DESC" : "ASC"}`;

  return {
    page(query) {
      const times = timesOf(query.time);
      const search = searchOf(query.filter, dictionary);
      const range = timed(extent(), times, minutes);
      const texts: string[] = [];
      const sequences: number[] = [];
      let bytes = 0;
      let passed = 0;
      if (range !== null && query.limit > 0) {
        for (const { seq, text } of matching(query.filter, search, times, beyond(range, query), query.order)) {
          if (passed++ < query.offset) continue;
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
      const counted = range === null ? nothing : count(query.filter, search, times, range, most);
      // More than were counted may have been passed over already.
      const seen = query.beyond === null && texts.length > 0 ? query.offset + texts.length : 0;
      return { ...page, total: Math.max(counted.total, seen), totalIsExact: counted.totalIsExact };
    },
    *found(filter, times, range) {
      yield* matching(filter, searchOf(filter, dictionary), times, range, "oldest");
    },
  };

  function* matching(
    filter: EventFilter,
    search: Search,
    times: Times,
    range: SequenceRange,
    order: EventQuery["order"],
  ): Generator<Found> {
    if (search.kind === "none") return;
    const fits = search.verify ? compileFilter(filter) : null;
    for (const one of candidates(search, times, range, order))
      if (fits === null || fits(JSON.parse(one.text) as Event)) yield one;
  }

  function* candidates(
    search: Exclude<Search, { kind: "none" }>,
    { fromMs, toMs }: Times,
    range: SequenceRange,
    order: EventQuery["order"],
  ): Generator<Found> {
    if (search.kind === "all") {
      for (const row of db.prepare(all(order)).iterate(range.from, range.to, fromMs, toMs))
        yield { seq: Number(row["seq"]), text: String(row["json"]) };
      return;
    }
    for (const seq of terms.sequences(search.expression, range, order)) {
      const row = read.get(seq, fromMs, toMs);
      if (row) yield { seq, text: String(row["json"]) };
    }
  }

  function count(filter: EventFilter, search: Search, times: Times, range: SequenceRange, most: number): Counted {
    if (search.kind === "none") return nothing;
    const isTimed = times.fromMs > -Infinity || times.toMs < Infinity;
    if (search.kind === "all" && !search.verify && !isTimed) return { total: extent().events, totalIsExact: true };
    if (search.kind === "words" && !search.verify && !isTimed) {
      const total = terms.count(search.expression, range, most);
      return { total, totalIsExact: total < most };
    }
    const fits = search.verify ? compileFilter(filter) : null;
    let [total, lookedAt] = [0, 0];
    for (const { text } of candidates(search, times, range, "newest")) {
      if (fits === null || fits(JSON.parse(text) as Event)) total += 1;
      if (++lookedAt >= lookedAtMax && most < Infinity) return { total, totalIsExact: false };
    }
    return { total, totalIsExact: true };
  }
}

/** Where events of that time can be; null when there are none. */
export function timed(extent: SequenceRange, { fromMs, toMs }: Times, minutes: Minutes): SequenceRange | null {
  if (fromMs === -Infinity && toMs === Infinity) return extent;
  if (fromMs >= toMs) return null;
  const within = minutes.sequences(fromMs, toMs - 1);
  if (within === null) return null;
  return { from: Math.max(extent.from, within.from), to: Math.min(extent.to, within.to) };
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

function beyond(range: SequenceRange, { beyond: bound, order }: EventQuery): SequenceRange {
  if (bound === null) return range;
  return order === "newest"
    ? { from: range.from, to: Math.min(range.to, bound - 1) }
    : { from: Math.max(range.from, bound + 1), to: range.to };
}
