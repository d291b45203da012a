// Numbers over many events: counts, sums, extremes, averages and percentiles, over all or in buckets of time. Exact.
//
//   A1. An answer is of one moment, however long it takes: it is computed from one state of the file, in steps.
//   A2. Buckets go from the first to the last event that matches, where the query does not say from or to when (buckets.ts).
import { createBuckets } from "./buckets.ts";
import { type CollectingParts, collect, numbersMax } from "./collecting.ts";
import { type Times, timesOf } from "./event-pages.ts";
import { countsEvents, nothingYet, otherThanNumbers, overflows, valueOf } from "./gathered.ts";
import type { AggregateAnswer, AggregateQuery } from "./questions.ts";
import type { Steps } from "./steps.ts";

export type Aggregates = { aggregate(query: AggregateQuery): Steps<AggregateAnswer> };

export function createAggregates(parts: CollectingParts): Aggregates {
  const { minutes } = parts;

  return {
    *aggregate(query) {
      const { aggregator, filter, intervalMs } = query;
      const times = withEnds(timesOf(query.time), query);
      const buckets = createBuckets(intervalMs, () => nothingYet(aggregator));
      if (intervalMs === null) buckets.at(0);
      else if (times !== null) buckets.reach(given(timesOf(query.time), times));
      const tooMany = buckets.tooMany();
      if (tooMany !== null) return tooMany;
      if (times !== null) yield* collect(parts, { filter, aggregator, intervalMs, times }, buckets.at);

      if (buckets.numbers() >= numbersMax) return { kind: "too-many-numbers", numbersMax };
      const apart = buckets.tooMany();
      if (apart !== null) return apart;
      const all = buckets.all();
      const other = otherThanNumbers(all.map(([, one]) => one));
      if (!countsEvents(aggregator) && other !== null) return { kind: "not-numbers", found: other };
      if (aggregator.type === "sum" && all.some(([, one]) => overflows(one))) return { kind: "sum-too-large" };
      const results = all.map(([fromMs, one]) => ({
        fromMs,
        value: valueOf(aggregator, one),
        count: countsEvents(aggregator) ? one.events : one.numbers,
      }));
      if (intervalMs === null)
        return { kind: "value", value: results[0]?.value ?? null, count: results[0]?.count ?? 0 };
      return {
        kind: "buckets",
        buckets: results.map(({ fromMs, value, count }) => {
          return { timestamp: new Date(fromMs).toISOString(), value, count };
        }),
      };
    },
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

  /** The instants that there are to be buckets of in any case. A beginning that is given goes on up to now. */
  function given(asked: Times, { fromMs, toMs }: Times): readonly number[] {
    const hasStart = asked.fromMs > -Infinity;
    return [...(hasStart ? [fromMs] : []), ...(hasStart || asked.toMs < Infinity ? [toMs - 1] : [])];
  }
}
