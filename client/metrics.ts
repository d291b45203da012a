// The published client's `ElasticsearchMetrics`, answered from the events API. There is no Elasticsearch behind it.
// A term `{k: v}` is the tag `k:v`; `on` is a field of the event's value (or the value itself, when that is a number).
//
//   M1. What the server can aggregate (count, average) is one number over the wire; deviations, percentiles and counts over a
//       range are computed here from the newest samplesMax events.
//   M2. Everything is rounded to two decimals, as published.
import highland from "highland";
import { constructor } from "./constructor.ts";
import type { Answer } from "./answer.ts";
import type { Api } from "./api.ts";
import { percentiles, spread } from "./statistics.ts";
import type { Event } from "../model/event.ts";

const samplesMax = 10_000;

type Term = Readonly<Record<string, string>>;
/** `{field: {gte, gt, lte, lt}}`, each bound optional. */
type Range = Readonly<Record<string, Readonly<Partial<Record<"gt" | "gte" | "lt" | "lte", number>>>>>;
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

/** `new ElasticsearchMetrics(api)` and `ElasticsearchMetrics(api)` are the same. */
export const ElasticsearchMetrics = constructor(createMetrics);

function createMetrics(api: Api, { type = "metrics" }: MetricsOptions = {}): ElasticsearchMetrics {
  const query = (term: Term, seconds: number): object => ({
    tags: Object.entries(term).map(([key, value]) => `${key}:${value}`),
    type,
    timestamp: { gt: `now-${seconds}s` },
  });

  async function aggregate(term: Term, seconds: number, aggregator: object): Promise<number> {
    const { value } = await api.post<{ value: number }>("events/get", { ...query(term, seconds), aggregator });
    return value;
  }

  async function samples(term: Term, on: string, seconds: number): Promise<number[]> {
    const numbers: number[] = [];
    for (let page = 1; numbers.length < samplesMax; page += 1) {
      const events = await api.post<Event[]>(`events/get?page=${page}`, query(term, seconds));
      if (events.length === 0) break;
      numbers.push(...events.map((event) => fieldOf(event.value, on)).filter((number) => number !== null));
    }
    return numbers.slice(0, samplesMax);
  }

  async function count(term: Term, range: Range | undefined, seconds: number): Promise<number> {
    const [field, bounds] = Object.entries(range ?? {})[0] ?? [];
    if (field === undefined || bounds === undefined) return aggregate(term, seconds, { type: "count" });
    const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = bounds;
    const numbers = await samples(term, field, seconds);
    return numbers.filter((n) => n > gt && n >= gte && n < lt && n <= lte).length;
  }

  async function average(term: Term, on: string, seconds: number): Promise<Average> {
    const [total, mean] = await Promise.all([
      aggregate(term, seconds, { type: "count", field: on }),
      aggregate(term, seconds, { type: "average", field: on }),
    ]);
    return { total, rate: rounded(total / seconds), average: rounded(mean) };
  }

  async function stats(term: Term, on: string, seconds: number): Promise<Stats> {
    const numbers = await samples(term, on, seconds);
    const { avg, min, max, stdDeviation } = spread(numbers);
    return {
      total: numbers.length,
      rate: rounded(numbers.length / seconds),
      avg: rounded(avg),
      min: rounded(min),
      max: rounded(max),
      stdDeviation: rounded(stdDeviation),
    };
  }

  async function percentile(term: Term, on: string, seconds: number, percents: readonly number[]): Promise<Percentile> {
    const numbers = await samples(term, on, seconds);
    const found = percentiles(numbers, percents).map(([percent, value]) => [percent.toFixed(1), rounded(value)]);
    return { total: numbers.length, rate: rounded(numbers.length / seconds), percentile: Object.fromEntries(found) };
  }

  return {
    event: (tags, value, eventType = type) => api.event(tags, value, eventType),
    count: (...parameters) => highland(count(...parameters)),
    average: (...parameters) => highland(average(...parameters)),
    stats: (...parameters) => highland(stats(...parameters)),
    percentile: (...parameters) => highland(percentile(...parameters)),
  };
}

/** The number at a dotted path of an event's value, or the value itself when it is a number; null when there is none. */
function fieldOf(value: unknown, path: string): number | null {
  if (typeof value === "number") return value;
  let found = value;
  for (const key of path.split(".")) {
    if (typeof found !== "object" || found === null) return null;
    found = Reflect.get(found, key);
  }
  return typeof found === "number" ? found : null;
}

function rounded(number: number): number {
  return Math.round(number * 100) / 100;
}
