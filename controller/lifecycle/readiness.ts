// Notices when an instance has reported for the first time: then it is ready, an event says so, and its CPU limit comes into
// force a moment later.
//
//   R1. Agent and user code boot without the CPU limit, for bootBurstMs at most: with the default of a tenth of a core, loading
//       Node alone would take most of a second.
//   R2. An instance that does not report gets its limit all the same once bootMaxMs have passed.
//   R3. Instances that ran before this controller did are not announced again; their limit is put into force again.
import type { Logger } from "pino";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { Instance, Inventory, Runtime } from "../runtime/runtime.ts";
import type { LifecycleEvents } from "./lifecycle-events.ts";
import type { Reports } from "./reports.ts";

export const bootBurstMs = 2_000;
const bootMaxMs = 30_000;
/** The engine tells starting times in whole seconds. */
const engineClockMs = 1_000;

export type Readiness = { check(inventory: Inventory): void };

export function createReadiness(parts: {
  runtime: Runtime;
  workflows: { get(name: string): LiveWorkflow | null };
  reports: Reports;
  events: LifecycleEvents;
  nowMs: () => number;
  log: Logger;
}): Readiness {
  const { runtime, workflows, reports, events, nowMs, log } = parts;
  const beganMs = nowMs();
  let settled = new Set<string>();

  return {
    check(inventory) {
      const present = new Set<string>();
      for (const instance of inventory.instances) {
        if (instance.state.kind !== "running") continue;
        const key = `${instance.instance} ${instance.state.startedAt}`;
        present.add(key);
        const startedMs = Date.parse(instance.state.startedAt);
        const ready = reports.of(instance.instance)?.deployment === instance.deployment;
        if (settled.has(key) || !(ready || nowMs() - startedMs > bootMaxMs)) continue;
        settled.add(key);
        settle(instance, instance.state.startedAt, ready && startedMs > beganMs - engineClockMs);
      }
      settled = settled.intersection(present);
    },
  };

  function settle(instance: Instance, startedAt: string, announce: boolean): void {
    const entry = workflows.get(instance.workflow);
    if (!entry || entry.deployment.id !== instance.deployment) return;
    if (announce) attempt(instance, "the event that it is ready", events.ready(entry, instance.instance, startedAt));
    setTimeout(
      () => attempt(instance, "its CPU limit", runtime.limit(instance.instance, entry.artifact.scale.cpu)),
      bootBurstMs,
    ).unref();
  }

  function attempt(instance: Instance, what: string, work: Promise<void>): void {
    work.catch((error: unknown) =>
      log.warn({ instance: instance.instance, error: String(error) }, `an instance is ready, but this failed: ${what}`),
    );
  }
}
