// Agents that were told to take nothing new. The word goes over NATS, to all agents of a workflow at once; each finds its own name.
//
//   R1. What was told is forgotten with the controller. An agent of an earlier one says itself that it drains; one that this
//       controller started is believed only after it was told, because the last report of the one before under its name may be late.
import type { AgentControl } from "../../bus/assignment.ts";
import type { Draining } from "./next-step.ts";
import type { Reports } from "./reports.ts";

/** How long an agent may take to store what is left of events and output when its last run has ended. */
const marginMs = 30_000;

export type TellAgents = (workflow: string, control: AgentControl) => void;

export type Drains = {
  /** Null: it was not told to drain. */
  of(instance: string): Draining | null;
  /** `runMsMax` limits the runs of agents that an earlier controller started. */
  tell(workflow: string, instances: readonly string[], runMsMax: number): void;
  /** This controller starts the instance, whose runs take this long at most. */
  expect(instance: string, runMsMax: number): void;
  forget(instance: string): void;
};

export function createDrains(parts: {
  tellAgents: TellAgents;
  reports: Pick<Reports, "of">;
  stopGraceMs: number;
  nowMs: () => number;
}): Drains {
  const { tellAgents, reports, stopGraceMs, nowMs } = parts;
  const started = new Map<string, { readonly runMsMax: number }>();
  const told = new Map<string, { readonly atMs: number; readonly untilMs: number }>();

  return {
    of(instance) {
      const kind = reports.of(instance)?.state.kind;
      const confirmed = kind === "draining" || kind === "stopping";
      const word = told.get(instance) ?? null;
      return word !== null || (confirmed && !started.has(instance)) ? { told: word, confirmed } : null;
    },
    tell(workflow, instances, runMsMax) {
      const atMs = nowMs();
      for (const instance of instances) {
        const longestMs = started.get(instance)?.runMsMax ?? runMsMax;
        const untilMs = told.get(instance)?.untilMs ?? atMs + longestMs + stopGraceMs + marginMs;
        told.set(instance, { atMs, untilMs });
      }
      tellAgents(workflow, { kind: "drain", instances });
    },
    expect: (instance, runMsMax) => void started.set(instance, { runMsMax }),
    forget(instance) {
      started.delete(instance);
      told.delete(instance);
    },
  };
}
