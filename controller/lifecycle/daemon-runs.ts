// Ends the runs of daemons whose container ended without a word: nobody else would, and the history would say for ever that they
// run. Runs of a queue need none of this: JetStream gives them again.
//
//   D1. A run is ended when its instance has ended, is not there, or began after it; never one that began after the look at the
//       runtime that showed this.
//   D2. The history is asked up to the end of the stream, so what an agent could still say of its run counts; a run that is ended
//       twice all the same is so under one event id.
//   D3. Whoever takes the lead asks for all daemons once; then only for those of which an instance has gone.
//   D4. What could not be asked or stored is tried again at the next look.
import type { Logger } from "pino";
import type { AppendEvent } from "../events/append.ts";
import type { RunHistory, RunRecord } from "../runs/history.ts";
import { lostEvent } from "../runs/run-events.ts";
import type { Instance, Inventory } from "../runtime/runtime.ts";
import { handoverOf } from "./instance-name.ts";

const runsAtOnce = 500;

export type DaemonRuns = {
  /** Called with every picture of the runtime. */
  check(inventory: Inventory): void;
};

export type DaemonRunsParts = {
  readonly history: Pick<RunHistory, "runs" | "streamEnd">;
  readonly append: AppendEvent;
  readonly leading: () => boolean | null;
  readonly nowMs: () => number;
  readonly log: Logger;
};

/** The daemons of one picture: since when those that run do, and why others ended. */
type Look = {
  readonly atMs: number;
  readonly runningSince: ReadonlyMap<string, string>;
  readonly reasons: ReadonlyMap<string, string>;
};

export function createDaemonRuns(parts: DaemonRunsParts): DaemonRuns {
  const { history, append, leading, nowMs, log } = parts;
  const owed = new Set<string>();
  let owesAll = false;
  let led = false;
  let before = new Map<string, string>();
  let ending: Promise<void> | null = null;

  return {
    check({ instances }) {
      const daemons = instances.filter(({ instance }) => handoverOf(instance) === "stop");
      const present = new Map(daemons.filter(runs).map((one) => [keyOf(one), one.workflow]));
      for (const [key, workflow] of before) if (!present.has(key)) owed.add(workflow);
      before = present;
      const leads = leading() === true;
      if (leads && !led) owesAll = true;
      led = leads;
      if (leads && ending === null && (owesAll || owed.size > 0))
        ending = endOwed(lookAt(daemons)).finally(() => (ending = null));
    },
  };

  function lookAt(daemons: readonly Instance[]): Look {
    const running = daemons.flatMap(({ instance, state }) =>
      state.kind === "running" ? [[instance, state.startedAt] as const] : [],
    );
    const reasons = daemons.flatMap(({ instance, state }) =>
      state.kind === "exited" ? [[instance, state.reason] as const] : [],
    );
    return { atMs: nowMs(), runningSince: new Map(running), reasons: new Map(reasons) };
  }

  async function endOwed(look: Look): Promise<void> {
    const workflows = owesAll ? [null] : [...owed];
    owesAll = false;
    owed.clear();
    for (const workflow of workflows) {
      try {
        await endLost(workflow, look);
      } catch (error) {
        log.warn({ workflow, error: String(error) }, "could not end the runs of daemons that are gone; trying again");
        if (workflow === null) owesAll = true;
        else owed.add(workflow);
      }
    }
  }

  /** `workflow` null: of all. */
  async function endLost(workflow: string | null, look: Look): Promise<void> {
    const passed = await history.streamEnd();
    for (let page = 1; ; page += 1) {
      const query = { workflow, state: "started", since: null, page, perPage: runsAtOnce } as const;
      const { runs: found } = await history.runs(query, passed);
      const lost = found.filter((run) => isLost(run, look));
      await Promise.all(lost.map((run) => append(lostEvent(run, reasonOf(run, look), new Date(nowMs())))));
      if (found.length < runsAtOnce) return;
    }
  }
}

function isLost({ trigger, instance, startedAt }: RunRecord, { atMs, runningSince }: Look): boolean {
  if (trigger !== "daemon" || instance === null || startedAt === null) return false;
  const since = runningSince.get(instance);
  return since === undefined ? Date.parse(startedAt) <= atMs : Date.parse(startedAt) < Date.parse(since);
}

function reasonOf({ instance }: RunRecord, { reasons }: Look): string {
  return `its container ended: ${reasons.get(instance ?? "") ?? "it is gone"}`;
}

function runs({ state }: Instance): boolean {
  return state.kind === "running";
}

function keyOf({ instance, state }: Instance): string {
  return state.kind === "running" ? `${instance} ${state.startedAt}` : instance;
}
