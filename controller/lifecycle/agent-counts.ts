// What agents report as numbers that only grow while an agent lives, added up for each workflow since this controller started: how
// often code or containers were started again, and what was lost of events and output.
//
//   G1. The first report of an agent is where counting begins: what it counted before this controller heard of it is not told.
import type { InstanceReport } from "../../bus/assignment.ts";

/** Workflows of which it is kept; deleted ones stay. All others are counted together. */
const workflowsMax = 1_000;
/** No workflow can have this name. */
const otherWorkflows = "(other)";

export type AgentCounts = {
  readonly restarts: number;
  readonly eventsLost: number;
  readonly logLinesDropped: number;
};

export type AgentCounting = {
  reported(report: InstanceReport, before: InstanceReport | null): void;
  /** An instance ended by itself or could not start. */
  ended(workflow: string): void;
  readonly all: ReadonlyMap<string, AgentCounts>;
};

const none: AgentCounts = { restarts: 0, eventsLost: 0, logLinesDropped: 0 };

export function createAgentCounts(): AgentCounting {
  const all = new Map<string, AgentCounts>();

  return {
    reported(report, before) {
      if (before === null) return;
      const more = {
        restarts: growth(before.restarts, report.restarts),
        eventsLost: growth(before.eventsLost, report.eventsLost),
        logLinesDropped: growth(before.logLinesDropped, report.logLinesDropped),
      };
      if (more.restarts + more.eventsLost + more.logLinesDropped > 0) add(report.workflow, more);
    },
    ended: (workflow) => add(workflow, { ...none, restarts: 1 }),
    all,
  };

  function add(workflow: string, more: AgentCounts): void {
    const name = all.has(workflow) || all.size < workflowsMax ? workflow : otherWorkflows;
    const { restarts, eventsLost, logLinesDropped } = all.get(name) ?? none;
    all.set(name, {
      restarts: restarts + more.restarts,
      eventsLost: eventsLost + more.eventsLost,
      logLinesDropped: logLinesDropped + more.logLinesDropped,
    });
  }
}

/** A new agent under the name of an old one begins at 0 again; what is no number is not believed. */
function growth(before: number, after: number): number {
  if (!Number.isSafeInteger(after) || after < 0) return 0;
  return after >= before ? after - before : after;
}
