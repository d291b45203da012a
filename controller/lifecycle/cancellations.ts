// Runs that are to end before their time: a newer slot takes their place, or somebody stops them.
//
//   C1. A run that waits is taken out of the queue; else whichever agent has it under way is told to end it.
//   C2. The word may reach no agent: that of the run has just died, and the run is given to another one a little later. So it is
//       said again until that would have happened.
import type { RunQueue } from "../runs/queue.ts";
import type { TellAgents } from "./drains.ts";

/** JetStream gives the run of an agent that died again after ten seconds. */
const sayAgainForMs = 15_000;
const cancellationsMax = 10_000;

/** `withdrawn`: it never ran. `cancelled`: the agents were told. */
export type Cancelled = "withdrawn" | "cancelled";

export type Cancellations = {
  cancel(workflow: string, run: string, reason: string): Promise<Cancelled>;
  /** Says again what may not have been heard: to the agents of one workflow, or of all. */
  sayAgain(workflow?: string): void;
};

export function createCancellations(parts: {
  queue: Pick<RunQueue, "withdraw">;
  tellAgents: TellAgents;
  nowMs: () => number;
}): Cancellations {
  const { queue, tellAgents, nowMs } = parts;
  const said = new Map<string, { readonly workflow: string; readonly reason: string; readonly untilMs: number }>();

  return {
    async cancel(workflow, run, reason) {
      if (await queue.withdraw(workflow, run, reason)) return "withdrawn";
      tellAgents(workflow, { kind: "cancel", run, reason });
      if (said.size < cancellationsMax) said.set(run, { workflow, reason, untilMs: nowMs() + sayAgainForMs });
      return "cancelled";
    },
    sayAgain(workflow) {
      for (const [run, one] of said) {
        if (nowMs() >= one.untilMs) said.delete(run);
        else if (workflow === undefined || workflow === one.workflow)
          tellAgents(one.workflow, { kind: "cancel", run, reason: one.reason });
      }
    },
  };
}
