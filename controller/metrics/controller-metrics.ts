// The metrics of one controller, wired by hand: which part is asked what.
import type { NatsConnection } from "@nats-io/nats-core";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { EventIndex } from "../events/index.ts";
import type { Live } from "../events/live.ts";
import type { Lifecycle } from "../lifecycle/lifecycle.ts";
import { agentFamilies, eventFamilies, indexFamilies, queueFamilies, workflowFamilies } from "./drover-families.ts";
import { gauge } from "./family.ts";
import { type Metrics, createMetrics } from "./metrics.ts";
import { followNatsState } from "./nats-state.ts";
import { startRunCounts } from "./run-counts.ts";

export type ControllerMetricsParts = {
  readonly nc: NatsConnection;
  readonly index: Pick<EventIndex, "ask" | "status">;
  readonly live: Pick<Live, "tailers" | "counts">;
  readonly lifecycle: Pick<Lifecycle, "stateOf" | "agentCounts" | "runtimeError">;
  readonly workflows: () => readonly LiveWorkflow[];
  /** As Lead.leading. */
  readonly leading: () => boolean | null;
  readonly facts: { readonly version: string; readonly installation: string; readonly runtime: string };
  readonly nowMs: () => number;
};

export type ControllerMetrics = Metrics & { stop(): Promise<void> };

export async function startControllerMetrics(parts: ControllerMetricsParts): Promise<ControllerMetrics> {
  const { nc, index, live, lifecycle, nowMs } = parts;
  const nats = followNatsState(nc);
  const runs = await startRunCounts(nc);
  const server = sharing(() => nats.server());
  const metrics = createMetrics(
    {
      controller: () => ({
        families: [
          gauge("drover_info", "What this controller is.", [{ labels: parts.facts, value: 1 }]),
          gauge("drover_leading", "1 while this controller leads.", Number(parts.leading() === true)),
          gauge("drover_tailers", "Readers that follow the event stream.", live.tailers),
          ...eventFamilies(live.counts),
          ...runs.families(),
          ...nats.connection(),
        ],
      }),
      nats: async () => ({ families: (await server()).families }),
      async index() {
        const [status, end] = await Promise.all([
          index.status(),
          server().then(
            ({ lastSequence }) => lastSequence,
            () => null,
          ),
        ]);
        return { families: indexFamilies(status, end) };
      },
      /** Away while the index is built again: what is known of runs then is not all. */
      history: async () => ({ families: queueFamilies(await index.ask("openRuns", [], 0), nowMs()) }),
      runtime: () => ({
        families: [
          ...workflowFamilies(parts.workflows().map((entry) => lifecycle.stateOf(entry))),
          ...agentFamilies(lifecycle.agentCounts),
        ],
        up: lifecycle.runtimeError === null,
      }),
    },
    nowMs,
  );
  return { ...metrics, stop: () => runs.stop() };
}

/** Those who ask while an answer is under way share it. */
function sharing<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => (asked ??= ask().finally(() => (asked = null)));
}
