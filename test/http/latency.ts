// Somebody who calls while others do harm: whether each call was answered, and how long it took.
import { call } from "../api.ts";

export type Latency = { readonly failed: number; readonly worstMs: number; readonly medianMs: number };

/** One call after the other, until `end`. */
export function watchLatency(url: string): { end(): Promise<Latency> } {
  const over = new AbortController();
  const asking = askUntil(url, over.signal);
  return {
    end() {
      over.abort();
      return asking;
    },
  };
}

async function askUntil(url: string, over: AbortSignal): Promise<Latency> {
  const tookMs: number[] = [];
  let failed = 0;
  do {
    const atMs = performance.now();
    const status = await call(url, "GET", "/events?per_page=1").then(
      (answer) => answer.status,
      () => 0,
    );
    if (status !== 200) failed += 1;
    tookMs.push(Math.round(performance.now() - atMs));
  } while (!over.aborted);
  tookMs.sort((a, b) => a - b);
  return { failed, worstMs: tookMs.at(-1) ?? 0, medianMs: tookMs[tookMs.length >> 1] ?? 0 };
}
