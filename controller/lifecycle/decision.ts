// From what is known of one workflow to the steps that are due: brings together what is stored, what runs, what the agents say,
// what waits in the queue and who leads.
//
//   W1. A controller that does not lead wants nothing: its own daemons stop, its own agents drain.
//   W2. An instance that hangs is killed, whatever is wanted; then it is missing, or gone, like any other that ended.
//   W3. A workflow without work, containers or anything soon due costs a few look-ups.
import { scheduleKind } from "../../model/schedule.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { RunQueue } from "../runs/queue.ts";
import type { Instance } from "../runtime/runtime.ts";
import { type Demand, type Work, demandOf } from "./demand.ts";
import { desiredAgents, desiredDaemons, isDaemon, takesRuns } from "./desired.ts";
import type { Drains } from "./drains.ts";
import type { Failures } from "./failures.ts";
import { handoverOf } from "./instance-name.ts";
import { type Step, nextSteps } from "./next-step.ts";
import { type Reports, silentMaxMs } from "./reports.ts";
import type { Deed } from "./under-way.ts";

export type Seen = {
  readonly instances: readonly Instance[];
  /** Whether the workflow's network holder exists. */
  readonly holder: boolean;
  /** Whether this controller leads; nothing is decided while that is not known. */
  readonly leads: boolean;
  readonly underWay: ReadonlyMap<string, Deed>;
  /** Whether its consumer may exist, or runs of it after it was deleted. */
  readonly remains: boolean;
};

export type Decision = {
  readonly steps: readonly Step[];
  /** Nothing of the workflow runs or should: what its instances shared can go. */
  readonly release: boolean;
  /** When to look again although nothing has happened; Infinity: never. */
  readonly lookAgainMs: number;
  /** Whether it has work or agents, so that the queue must be asked how much is left. */
  readonly active: boolean;
};

export type Decisions = {
  /** `entry` null: deleted. */
  of(name: string, entry: LiveWorkflow | null, seen: Seen): Decision;
  demandOf(entry: LiveWorkflow, instances: readonly Instance[]): Demand;
  /** Whether agents wait for a consumer that is gone, and none is at work with runs from it. */
  wantsConsumer(entry: LiveWorkflow, instances: readonly Instance[]): boolean;
};

const nothing: Decision = { steps: [], release: false, lookAgainMs: Infinity, active: false };
const noDemand: Demand = { agents: 0, untilMs: Infinity };

export function createDecisions(parts: {
  queue: Pick<RunQueue, "depth" | "lastWorkAtMs">;
  nextDueMs: (workflow: string) => number | null;
  drains: Pick<Drains, "of">;
  reports: Pick<Reports, "of" | "silentMs">;
  failures: Pick<Failures, "of">;
  nowMs: () => number;
}): Decisions {
  const { queue, nextDueMs, drains, reports, failures, nowMs } = parts;
  const beganMs = nowMs();
  return { of, demandOf: demandNow, wantsConsumer };

  function of(name: string, entry: LiveWorkflow | null, seen: Seen): Decision {
    if (seen.underWay.get(name) === "releasing") return nothing;
    const demand = entry !== null && seen.leads ? demandNow(entry, seen.instances) : noDemand;
    if (isBare(seen) && demand.agents === 0 && (entry === null || !isDaemon(entry)))
      return { ...nothing, lookAgainMs: demand.untilMs };

    const daemons = entry && seen.leads ? desiredDaemons(entry) : null;
    const agents = entry && desiredAgents(entry, demand.agents);
    const now = { ms: nowMs(), notBeforeMs: entry ? failures.of(name, entry.deployment.id).notBeforeMs : 0 };
    const hung = seen.instances.filter((one) => !seen.underWay.has(one.instance) && hangs(one));
    const steps: Step[] = [
      ...(hung.length > 0 ? [{ kind: "kill", instances: hung } as const] : []),
      ...nextSteps(daemons, observed(seen, hung, "stop"), now),
      ...nextSteps(agents, observed(seen, hung, "drain"), now),
    ];
    const isWanted = (daemons?.instances ?? 0) + (agents?.instances ?? 0) > 0;
    const isGone = seen.instances.length === 0 && seen.underWay.size === 0;
    return {
      steps: steps.filter((step) => step.kind !== "wait"),
      release: !isWanted && isGone && (seen.holder || seen.remains),
      lookAgainMs: Math.min(demand.untilMs, ...steps.map((step) => (step.kind === "wait" ? step.untilMs : Infinity))),
      active: queue.depth(name) > 0 || seen.instances.some((one) => handoverOf(one.instance) === "drain"),
    };
  }

  function demandNow(entry: LiveWorkflow, instances: readonly Instance[]): Demand {
    if (!takesRuns(entry)) return noDemand;
    const { name, schedule } = entry.artifact;
    const agents = instances.filter((one) => handoverOf(one.instance) === "drain");
    const busy = agents.filter((one) => isBusy(one));
    const work: Work = {
      depth: queue.depth(name),
      // Agents that an earlier controller left behind are as warm as if they had worked when this one began.
      lastWorkAtMs: queue.lastWorkAtMs(name) ?? (agents.length > 0 ? beganMs : null),
      nextDueMs: scheduleKind(schedule) === "time" ? nextDueMs(name) : null,
      busy: busy.filter((one) => one.deployment === entry.deployment.id).length,
      busyAll: busy.length,
    };
    return demandOf(entry.artifact, work, nowMs());
  }

  function isBusy({ instance, state }: Instance): boolean {
    return state.kind === "running" && reports.of(instance)?.state.kind === "running";
  }

  function hangs({ instance, state }: Instance): boolean {
    return state.kind === "running" && reports.silentMs(instance, state.startedAt) >= silentMaxMs;
  }

  function wantsConsumer(entry: LiveWorkflow, instances: readonly Instance[]): boolean {
    const agents = instances.filter(
      ({ instance, state }) => handoverOf(instance) === "drain" && state.kind === "running",
    );
    const atWork = agents.some(({ instance }) => (reports.of(instance)?.state.kind ?? "idle") !== "idle");
    return takesRuns(entry) && agents.length > 0 && !atWork;
  }

  function observed({ instances, underWay }: Seen, hung: readonly Instance[], handover: "stop" | "drain") {
    const deeds = new Map<string, "starting" | "ending">();
    for (const { instance } of hung) if (handoverOf(instance) === handover) deeds.set(instance, "ending");
    for (const [name, deed] of underWay)
      if ((deed === "starting" || deed === "ending") && handoverOf(name) === handover) deeds.set(name, deed);
    return {
      instances: instances.filter((one) => handoverOf(one.instance) === handover),
      drainingOf: (instance: string) => drains.of(instance),
      underWay: deeds,
    };
  }
}

function isBare({ instances, holder, underWay, remains }: Seen): boolean {
  return instances.length === 0 && underWay.size === 0 && !holder && !remains;
}
