// The published client's `ElasticsearchMetrics`, answered from the events API. There is no Elasticsearch behind it.
// A term `{k: v}` is the tag `k:v`; `on` is a field of the event's value (or the value itself, where no event has such a field and
// the values are numbers).
//
//   M1. Every figure is computed by the server, over all events of the last `seconds`.
//   M2. Everything is rounded to two decimals, as published. Of no numbers at all every figure is 0.
import highland from "highland";
import { constructor } from "./constructor.ts";
import type { Answer } from "./answer.ts";
import type { Api } from "./api.ts";
import { StatusError } from "./status-error.ts";
import type { Event } from "../model/event.ts";

type Term = Readonly<Record<string, string>>;
type Bounds = Readonly<Partial<Record<"gt" | "gte" | "lt" | "lte", number>>>;
/** `{field: {gte, gt, lte, lt}}`, each bound optional. */
type Range = Readonly<Record<string, Bounds>>;
type Average = { total: number; rate: number; average: number };
type Stats = { total: number; rate: number; avg: number; min: number; max: number; stdDeviation: number };
type Percentile = { total: number; rate: number; percentile: Record<string, number> };

export interface ElasticsearchMetrics {
  event(tags: string | readonly string[], value?: unknown, type?: string): Answer<Event, Event>;
  count(term: Term, range: Range | undefined, seconds: number): Highland.Stream<number>;
  average(term: Term, on: string, seconds: number): Highland.Stream<Average>;
  stats(term: Term, on: string, seconds: number): Highland.Stream<Stats>;
  percentile(term: Term, on: string, seconds: number, percents: readonly number[]): Highland.Stream<Percentile>;
}

/** `type` is the type of the events to read and to emit; default `metrics`. */
type MetricsOptions = { readonly type?: string };

type Aggregator = {
  readonly type: "count" | "average" | "stats" | "percentiles";
  readonly field?: string;
  readonly range?: Bounds;
  readonly percentiles?: readonly number[];
};
/** `value` is null where there are no numbers. `count` is how many there are. */
type Figure<Value> = { readonly value: Value | null; readonly count: number };
type Figures = Readonly<Record<string, number | null>>;

/** `new ElasticsearchMetrics(api)` and `ElasticsearchMetrics(api)` are the same. */
export const ElasticsearchMetrics = constructor(createMetrics);

function createMetrics(api: Api, { type = "metrics" }: MetricsOptions = {}): ElasticsearchMetrics {
  async function aggregate<Value>(term: Term, seconds: number, aggregator: Aggregator): Promise<Figure<Value>> {
    const tags = Object.entries(term).map(([key, value]) => `${key}:${value}`);
    const timestamp = { gt: `now-${Math.ceil(seconds)}s` };
    return api.post<Figure<Value>>("events/get", { tags, type, timestamp, aggregator });
  }

  /** Of the field, or else of the values themselves. */
  async function figure<Value>(
    term: Term,
    seconds: number,
    { field, ...ofValues }: Aggregator & { readonly field: string },
  ): Promise<Figure<Value>> {
    const ofField = await aggregate<Value>(term, seconds, { ...ofValues, field });
    if (ofField.count > 0) return ofField;
    return aggregate<Value>(term, seconds, ofValues).catch(noNumbers);
  }

  async function count(term: Term, range: Range | undefined, seconds: number): Promise<number> {
    const [field, bounds] = Object.entries(range ?? {})[0] ?? [];
    if (field === undefined || bounds === undefined) return (await aggregate(term, seconds, { type: "count" })).count;
    return (await figure(term, seconds, { type: "count", field, range: bounds })).count;
  }

  async function average(term: Term, on: string, seconds: number): Promise<Average> {
    const { value, count: total } = await figure<number>(term, seconds, { type: "average", field: on });
    return { total, rate: rounded(total / seconds), average: rounded(value) };
  }

  async function stats(term: Term, on: string, seconds: number): Promise<Stats> {
    const { value, count: total } = await figure<Figures>(term, seconds, { type: "stats", field: on });
    return {
      total,
      rate: rounded(total / seconds),
      avg: rounded(value?.["average"]),
      min: rounded(value?.["min"]),
      max: rounded(value?.["max"]),
      stdDeviation: rounded(value?.["deviation"]),
    };
  }

  async function percentile(term: Term, on: string, seconds: number, percents: readonly number[]): Promise<Percentile> {
    const asked = { type: "percentiles", field: on, percentiles: percents } as const;
    const { value, count: total } = await figure<Figures>(term, seconds, asked);
    const found = percents.map((percent) => [percent.toFixed(1), rounded(value?.[String(percent)])]);
    return { total, rate: rounded(total / seconds), percentile: Object.fromEntries(found) };
  }

  return {
    event: (tags, value, eventType = type) => api.event(tags, value, eventType),
    count: (...parameters) => highland(count(...parameters)),
    average: (...parameters) => highland(average(...parameters)),
    stats: (...parameters) => highland(stats(...parameters)),
    percentile: (...parameters) => highland(percentile(...parameters)),
  };
}

/** The values are no numbers either, which the server refuses to compute from. */
function noNumbers(error: unknown): Figure<never> {
  if (error instanceof StatusError && error.status === 400) return { value: null, count: 0 };
  throw error;
}

function rounded(number: number | null | undefined): number {
  return Math.round((number ?? 0) * 100) / 100;
}
