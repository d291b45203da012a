// Runs that are to end before their time: a newer slot takes their place, or somebody stops them.
//
//   C1. A run that waits is taken out of the queue. Else that it is to end is stored first, as an event: whoever is given the run
//       later asks the history, and ends it without executing it.
//   C2. Whichever agent has it under way is told, and told again until the history says that it is over: the word may reach none,
//       as that of the run has just died, was paused, or was cut off.
//   C3. What is asked of one controller is repeated by every one: which runs are to end is in the history.
import type { RunHistory, RunRecord } from "../runs/history.ts";
import { stopEvent } from "../runs/run-events.ts";
import type { AppendEvent } from "../events/append.ts";
import type { RunQueue } from "../runs/queue.ts";
import { isOver } from "../../model/run.ts";
import type { TellAgents } from "./drains.ts";

/** Said again at once; a question to the history holds as many. */
const cancellationsMax = 1_000;
const askEveryMs = 2_000;

/** `withdrawn`: it never ran. `cancelled`: the agents were told. */
export type Cancelled = "withdrawn" | "cancelled";

export type Cancellations = {
  /** Rejects when it cannot be stored, or the run is not known yet. */
  cancel(workflow: string, run: string, reason: string): Promise<Cancelled>;
  /** Says again what may not have been heard: to the agents of one workflow, or of all. */
  sayAgain(workflow?: string): void;
};

type Said = { readonly workflow: string; readonly reason: string };

export function createCancellations(parts: {
  queue: Pick<RunQueue, "withdraw">;
  history: Pick<RunHistory, "run" | "runsById" | "stopping" | "streamEnd">;
  append: AppendEvent;
  tellAgents: TellAgents;
  nowMs: () => number;
}): Cancellations {
  const { queue, history, append, tellAgents, nowMs } = parts;
  let said = new Map<string, Said>();
  let askedAtMs = -Infinity;
  let asking = false;

  return {
    async cancel(workflow, run, reason) {
      if ((await withdrawn(workflow, run, reason)) === "withdrawn") return "withdrawn";
      await append(stopEvent({ run, workflow, reason }, new Date(nowMs())));
      tell(run, { workflow, reason });
      if (said.size < cancellationsMax) said.set(run, { workflow, reason });
      return "cancelled";
    },
    sayAgain(workflow) {
      for (const [run, one] of said) if (workflow === undefined || workflow === one.workflow) tell(run, one);
      if (asking || nowMs() - askedAtMs < askEveryMs) return;
      asking = true;
      askedAtMs = nowMs();
      // A history that is behind leaves it at what was said before.
      void ask().then(
        () => (asking = false),
        () => (asking = false),
      );
    },
  };

  function tell(run: string, { workflow, reason }: Said): void {
    tellAgents(workflow, { kind: "cancel", run, reason });
  }

  /** While the history cannot say whether it waits, the run is ended as if it were under way. */
  async function withdrawn(workflow: string, run: string, reason: string): Promise<Cancelled> {
    let record: RunRecord | null;
    try {
      if (await queue.withdraw(workflow, run, reason)) return "withdrawn";
      record = await history.run(run, await history.streamEnd());
    } catch {
      return "cancelled";
    }
    if (record === null) throw new Error(`run ${run} is not queued yet, so it cannot be ended`);
    return "cancelled";
  }

  /** What was said while this is asked stays. */
  async function ask(): Promise<void> {
    const before = [...said.keys()];
    const end = await history.streamEnd();
    const [known, open] = await Promise.all([history.runsById(before, end), history.stopping(cancellationsMax, end)]);
    const over = new Set(known.filter((record) => isOver(record)).map(({ id }) => id));
    const next = new Map([...said].filter(([run]) => !over.has(run)));
    for (const { id, workflow, stopping } of open)
      if (stopping !== null && next.size < cancellationsMax) next.set(id, { workflow, reason: stopping });
    said = next;
  }
}
