// Families of samples as the text that Prometheus reads, together with those of this process. The library that writes it is
// loaded when it is first asked for: a controller that nobody scrapes has no use for its memory.
import type { Family } from "./family.ts";

/** The delay of the event loop is sampled so often; more often would keep an idle controller busy. */
const loopSampleMs = 100;

export type Exposition = { readonly contentType: string; readonly text: string };

export type Exposing = (families: readonly Family[]) => Promise<Exposition>;

export async function loadExposing(): Promise<Exposing> {
  const { Registry, collectDefaultMetrics } = await import("prom-client");
  const ownProcess = new Registry();
  collectDefaultMetrics({ register: ownProcess, eventLoopMonitoringPrecision: loopSampleMs });

  return async (families) => {
    const registry = new Registry();
    for (const family of families) registry.registerMetric(metricOf(family) as never);
    const texts = await Promise.all([registry.metrics(), ownProcess.metrics()]);
    return { contentType: registry.contentType, text: texts.join("\n") };
  };
}

/** As the library's own metrics look to its registry. */
function metricOf({ name, help, type, samples }: Family): object {
  const values = samples.map(({ labels, value, suffix = "" }) => ({ labels, value, metricName: name + suffix }));
  return { name, get: () => Promise.resolve({ name, help, type, values, aggregator: "sum" }) };
}
