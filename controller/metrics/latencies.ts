// How long HTTP requests took, by method, route and status: a histogram that costs a request two look-ups and an addition.
//
//   L1. Routes are patterns as they are registered, never addresses; what matched none is one route. So methods, routes and
//       statuses bound the number of counts, whatever is sent.
import type { Family, Sample } from "./family.ts";

/** From an event that is stored in less than a millisecond to a webhook that waits for its run. */
const bucketSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const unmatched = "(none)";

/** `buckets`: how many ended within each bucket and in none before it; the last one is for all that took longer. */
type Counts = { readonly method: string; readonly status: number; readonly buckets: number[]; sum: number };

export type Latencies = {
  observe(request: { method: string; route: string | undefined; status: number; ms: number }): void;
  family(): Family;
};

export function createLatencies(): Latencies {
  const routes = new Map<string, Map<string, Counts>>();

  return {
    observe({ method, route = unmatched, status, ms }) {
      const counts = countsOf(route, method, status);
      const seconds = ms / 1_000;
      let bucket = 0;
      while (bucket < bucketSeconds.length && seconds > (bucketSeconds[bucket] ?? 0)) bucket += 1;
      counts.buckets[bucket] = (counts.buckets[bucket] ?? 0) + 1;
      counts.sum += seconds;
    },
    family: () => ({
      name: "drover_http_request_duration_seconds",
      help: "Time from the arrival of a request to the end of its answer; a stream's answer ends with the stream.",
      type: "histogram",
      samples: [...routes].flatMap(([route, all]) => [...all.values()].flatMap((counts) => samplesOf(route, counts))),
    }),
  };

  function countsOf(route: string, method: string, status: number): Counts {
    const all = routes.get(route) ?? new Map<string, Counts>();
    if (all.size === 0) routes.set(route, all);
    const key = `${method} ${status}`;
    const known = all.get(key);
    if (known) return known;
    const counts = { method, status, buckets: Array.from({ length: bucketSeconds.length + 1 }, () => 0), sum: 0 };
    all.set(key, counts);
    return counts;
  }
}

function samplesOf(route: string, { method, status, buckets, sum }: Counts): Sample[] {
  const labels = { method, route, status: String(status) };
  let total = 0;
  const within = buckets.map((count, index) => {
    total += count;
    return { labels: { ...labels, le: String(bucketSeconds[index] ?? "+Inf") }, value: total, suffix: "_bucket" };
  });
  return [...within, { labels, value: sum, suffix: "_sum" }, { labels, value: total, suffix: "_count" }];
}
