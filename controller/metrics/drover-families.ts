// What the parts of the controller know of themselves, as families of samples. Pure.
import type { WorkflowStatus } from "../../model/workflow.ts";
import type { IndexStatus } from "../events/questions.ts";
import type { AgentCounts } from "../lifecycle/agent-counts.ts";
import type { InstanceView, WorkflowState } from "../lifecycle/view.ts";
import type { OpenRuns } from "../runs/open-runs.ts";
import { type Family, counter, gauge, samplesBy, withinBound } from "./family.ts";

/** Workflows with queues of their own; the others are told together. */
const queuesMax = 50;
const restartsMax = 500;

const instanceStates: Readonly<Record<InstanceView["status"], true>> = {
  starting: true,
  ready: true,
  crashing: true,
  exited: true,
  unreachable: true,
  stopping: true,
};
const workflowStates: Readonly<Record<WorkflowStatus, true>> = {
  starting: true,
  running: true,
  stopping: true,
  suspending: true,
  suspended: true,
  restarting: true,
};

export function eventFamilies(counts: ReadonlyMap<string, number>): Family[] {
  return [counter("drover_events_total", "Events that were stored, by whomever, by type.", samplesBy("type", counts))];
}

/** `end`: the last sequence of the stream, null while NATS cannot be asked. */
export function indexFamilies(status: IndexStatus, end: number | null): Family[] {
  const { events, firstSequence, lastSequence, bytes, rebuilding } = status;
  const lag = gauge(
    "drover_index_lag_events",
    "Events at the end of the stream that the index has not seen yet.",
    Math.max(0, (end ?? 0) - lastSequence),
  );
  return [
    gauge("drover_index_first_sequence", "Sequence of the oldest event that the index shows.", firstSequence),
    gauge("drover_index_last_sequence", "Sequence of the stream up to which the index has seen it.", lastSequence),
    gauge("drover_index_events", "Events in the index.", events),
    gauge("drover_index_bytes", "Bytes of the index's file.", bytes),
    gauge(
      "drover_index_rebuilding",
      "1 while the index is being built again from the stream.",
      Number(rebuilding !== null),
    ),
    ...(end === null ? [] : [lag]),
  ];
}

export function queueFamilies(open: readonly OpenRuns[], nowMs: number): Family[] {
  const all = open.map((one) => [one.workflow, one] as const);
  const bounded = withinBound(all, queuesMax, {
    weight: ({ queued, started }) => queued + started,
    merge: (a, b) => ({
      workflow: a.workflow,
      queued: a.queued + b.queued,
      started: a.started + b.started,
      oldestQueuedAt: oldest(a.oldestQueuedAt, b.oldestQueuedAt),
    }),
  });
  const by = (value: (one: OpenRuns) => number) =>
    samplesBy(
      "workflow",
      bounded.map(([name, one]) => [name, value(one)]),
    );
  return [
    gauge(
      "drover_queue_depth",
      "Runs of a workflow that wait.",
      by(({ queued }) => queued),
    ),
    gauge(
      "drover_runs_under_way",
      "Runs of a workflow that are under way.",
      by(({ started }) => started),
    ),
    gauge(
      "drover_queue_oldest_age_seconds",
      "How long ago the oldest of the runs that wait was queued.",
      by(({ oldestQueuedAt }) =>
        oldestQueuedAt === null ? 0 : Math.max(0, nowMs - Date.parse(oldestQueuedAt)) / 1_000,
      ),
    ),
  ];
}

export function workflowFamilies(states: readonly WorkflowState[]): Family[] {
  const instances = states.flatMap((state) => state.instances);
  return [
    gauge(
      "drover_workflows",
      "Workflows, by what the controller says of them.",
      countedBy("status", Object.keys(workflowStates), states),
    ),
    gauge(
      "drover_instances",
      "Instances of workflows, by state.",
      countedBy("state", Object.keys(instanceStates), instances),
    ),
  ];
}

export function agentFamilies(counts: ReadonlyMap<string, AgentCounts>): Family[] {
  const of = (value: (one: AgentCounts) => number) =>
    samplesBy(
      "workflow",
      [...counts].slice(0, restartsMax).map(([name, one]) => [name, value(one)] as const),
    );
  return [
    counter(
      "drover_instance_restarts_total",
      "Code or containers that ended by themselves, or could not start, and are started again.",
      of(({ restarts }) => restarts),
    ),
    counter(
      "drover_agent_events_lost_total",
      "Events of user code that agents could not store.",
      of(({ eventsLost }) => eventsLost),
    ),
    counter(
      "drover_agent_log_lines_dropped_total",
      "Lines of output that were too many to be kept.",
      of(({ logLinesDropped }) => logLinesDropped),
    ),
  ];
}

/** States that nothing is in are told as 0, so that a plot has no gaps. */
function countedBy(label: string, known: readonly string[], all: readonly { readonly status: string }[]) {
  return samplesBy(
    label,
    known.map((word) => [word, all.filter(({ status }) => status === word).length]),
  );
}

function oldest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}
