// The loop around the decisions, with the runtime and the queue that do as they are told, and agents that a test lets speak.
import pino from "pino";
import { expect } from "vitest";
import type { AgentControl, InstanceReport } from "../../bus/assignment.ts";
import type { LiveWorkflow } from "../../controller/artifacts/entry.ts";
import { createDecisions } from "../../controller/lifecycle/decision.ts";
import { createDeeds } from "../../controller/lifecycle/deeds.ts";
import { createDrains } from "../../controller/lifecycle/drains.ts";
import { createFailures } from "../../controller/lifecycle/failures.ts";
import { instanceSpec } from "../../controller/lifecycle/instance-spec.ts";
import { createLifecycleEvents } from "../../controller/lifecycle/lifecycle-events.ts";
import { createReconciler } from "../../controller/lifecycle/reconciler.ts";
import { type FakeRuntime, createFakeRuntime } from "../../controller/runtime/fake.ts";
import { savedAt } from "./entries.ts";

export const minuteMs = 60_000;
/** The first agent of the workflow that most tests have. */
export const agent = "hello-aaaaaa-q0";
export const beganMs = Date.parse(savedAt);

/** A queue that has as much work as the test says, and writes down what it is asked to do. */
export function fakeQueue(nowMs: () => number) {
  const depths = new Map<string, number>();
  const lastWork = new Map<string, number>();
  const asked: string[] = [];
  let looks = 0;
  let tell: (workflow: string) => void = () => {};
  return {
    asked,
    /** How often it was asked how much work there is. */
    get looks() {
      return looks;
    },
    /** As the server would say when it is asked; new work is told at once, as a queue does. */
    setDepth(workflow: string, depth: number): void {
      const before = depths.get(workflow) ?? 0;
      depths.set(workflow, depth);
      lastWork.set(workflow, nowMs());
      if (before === 0 && depth > 0) tell(workflow);
    },
    depth(workflow: string): number {
      looks += 1;
      return depths.get(workflow) ?? 0;
    },
    lastWorkAtMs: (workflow: string) => lastWork.get(workflow) ?? null,
    onWork(listener: (workflow: string) => void): void {
      tell = listener;
    },
    async prepare(workflow: string, { underWayMax }: { readonly underWayMax: number }): Promise<void> {
      asked.push(`prepare ${workflow} ${underWayMax}`);
    },
    /** Workflows whose consumer somebody removed. */
    unserved: new Set<string>(),
    async refresh(this: { unserved: Set<string> }): Promise<readonly string[]> {
      asked.push("refresh");
      return [...this.unserved];
    },
    async restore(
      this: { unserved: Set<string> },
      workflow: string,
      { underWayMax }: { readonly underWayMax: number },
    ): Promise<void> {
      asked.push(`restore ${workflow} ${underWayMax}`);
      this.unserved.delete(workflow);
    },
    /** How often a release is refused, because requests of agents are still there. */
    keeps: 0,
    async release(this: { keeps: number }, workflow: string): Promise<boolean> {
      asked.push(`release ${workflow}`);
      this.keeps -= 1;
      return this.keeps < 0;
    },
    async clear(workflow: string, reason: string): Promise<void> {
      asked.push(`clear ${workflow}: ${reason}`);
      depths.set(workflow, 0);
    },
  };
}

export type Loop = ReturnType<typeof startLoop>;

/** Passes run until it is disposed of. */
export function startLoop(
  wanted: Map<string, LiveWorkflow>,
  over: { runtime?: FakeRuntime; leading?: boolean | null; nextDueMs?: (workflow: string) => number | null } = {},
) {
  const abort = new AbortController();
  const said: string[] = [];
  const told: string[] = [];
  const clock = { ms: beganMs, leading: over.leading === undefined ? true : over.leading };
  const nowMs = () => clock.ms;
  const leading = () => clock.leading;
  const runtime = over.runtime ?? createFakeRuntime({ now: () => new Date(clock.ms) });
  const queue = fakeQueue(nowMs);
  const states = new Map<string, InstanceReport["state"]>();
  const silent = new Map<string, number>();
  const reports = {
    of: (instance: string) => reportOf(instance),
    silentMs: (instance: string) => silent.get(instance) ?? 0,
  };
  const failures = createFailures();
  const drains = createDrains({
    tellAgents: (workflow: string, control: AgentControl) =>
      told.push(`${workflow} ${control.kind} ${control.kind === "drain" ? control.instances.join() : control.run}`),
    reports,
    stopGraceMs: 0,
    nowMs,
  });
  const log = pino({ level: "silent" });
  const decisions = createDecisions({
    queue,
    nextDueMs: over.nextDueMs ?? (() => null),
    drains,
    reports,
    failures,
    nowMs,
  });
  const deeds = createDeeds({
    runtime,
    queue,
    drains,
    failures,
    events: createLifecycleEvents(
      (event) => {
        said.push(event.tags.filter((tag) => /^(?:instance:|unscheduled)/.test(tag)).join());
        return Promise.resolve({ id: "x", ...event });
      },
      () => new Date(clock.ms),
    ),
    leading,
    specOf: (entry, instance) =>
      Promise.resolve(
        instanceSpec(entry, instance, { servers: [], credentials: null }, { stopGraceMs: 0, allowsPrivileged: false }),
      ),
    onGone(instance) {
      states.delete(instance);
      silent.delete(instance);
    },
    stopGraceMs: 0,
    nowMs,
    log,
  });
  const reconciler = createReconciler({
    runtime,
    workflows: { list: () => [...wanted.values()], get: (name) => wanted.get(name) ?? null },
    queue,
    decisions,
    deeds,
    drains,
    leading,
    onPass: () => {},
    nowMs,
    log,
  });
  const running = reconciler.run(abort.signal);

  return {
    runtime,
    queue,
    clock,
    failures,
    reconciler,
    /** What was said to the event stream. */
    said,
    /** What was said to agents. */
    told,
    /** Something was saved or deleted, or the clock moved. */
    look: () => reconciler.rethink(),
    running: async () =>
      (await runtime.list()).instances.filter((one) => one.state.kind === "running").map((one) => one.instance),
    reports(instance: string, kind: "idle" | "running" | "draining"): void {
      states.set(instance, kind === "running" ? { kind, since: savedAt } : { kind });
      reconciler.reconsider(instance.replace(/-[^-]*-[^-]*$/, ""));
    },
    /** Nothing was heard of the instance for so long. */
    hangs(instance: string, ms: number): void {
      silent.set(instance, ms);
      reconciler.rethink();
    },
    async [Symbol.asyncDispose]() {
      abort.abort();
      await running;
    },
  };

  function reportOf(instance: string): InstanceReport | null {
    const state = states.get(instance);
    return state === undefined ? null : ({ instance, state } as InstanceReport);
  }
}

export async function firstPass(loop: Loop): Promise<void> {
  await expect.poll(() => loop.reconciler.picture.inventory.instances).toEqual([]);
}

/** The agent hears that it is to drain, and has nothing under way. */
export async function drained(loop: Loop, instance = agent): Promise<void> {
  await expect.poll(() => loop.told).toContain(`hello drain ${instance}`);
  loop.reports(instance, "draining");
  loop.runtime.exit(instance, { exitCode: 0 });
}
