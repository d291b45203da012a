// What the controller answers, as far as the command line reads it.
import type { Event } from "../model/event.ts";
import type { AttemptState, RunReport, RunState } from "../model/run.ts";
import type { Schedule } from "../model/schedule.ts";
import type { SlotReport } from "../model/slot.ts";
import type { Workflow, WorkflowStatus } from "../model/workflow.ts";

export type InstanceView = {
  readonly name: string;
  readonly status: "starting" | "ready" | "crashing" | "exited" | "unreachable";
  readonly restarts: number;
  readonly startedAt: string | null;
  readonly lastError: string | null;
  /** Absent in answers of earlier controllers, as the next. */
  readonly eventsLost?: number;
  readonly logLinesDropped?: number;
};

export type WorkflowView = Workflow & {
  readonly schedule: Schedule;
  readonly status: WorkflowStatus;
  readonly instances: readonly InstanceView[];
  readonly revision: number;
  readonly deployment: string;
  /** Its runs that wait, and those under way; null while the controller cannot tell. */
  readonly queue: { readonly queued: number; readonly started: number } | null;
  /** The newest run that has ended, or failed once. */
  readonly last_run: {
    readonly id: string;
    readonly state: RunState;
    readonly at: string | null;
    readonly error: string | null;
  } | null;
  /** When its time schedule is due next; null: not at all, or not any more. */
  readonly next_slot: string | null;
  /** One sentence that says what is wrong, or null. */
  readonly message: string | null;
};

/** One document of `apply` or `delete -f`, and what became of it. */
export type Applied = {
  readonly kind: string;
  readonly name: string;
  readonly action: "created" | "updated" | "unchanged" | "deleted";
  readonly revision: number;
  readonly redeployed?: boolean;
  readonly warnings?: readonly string[];
};

export type LogLine = {
  readonly timestamp: string;
  readonly workflow: string;
  readonly instance: string;
  readonly run: string;
  readonly stream: string;
  readonly text: string;
};

export type Info = { readonly version: string; readonly runtime: string };

/** One attempt of a run. */
export type AttemptView = Pick<
  RunReport,
  "attempt" | "revision" | "instance" | "startedAt" | "finishedAt" | "outcome" | "again"
> & { readonly state: AttemptState };
export type RunView = RunReport & { readonly attempts: readonly AttemptView[] };

/** What set a run off, and the run's id. */
export type Triggered = { readonly event: string; readonly run: string };

export type SlotView = SlotReport & { readonly event: string };

/** An event with the runs that it set off. `cut`: there are more. */
export type EventNode = Pick<Event, "id" | "type" | "source" | "tags" | "timestamp"> & {
  readonly kind: "event";
  readonly runs: readonly RunNode[];
  /** Events of type `replay` about it. */
  readonly replays?: readonly EventNode[];
  readonly cut: boolean;
};
/** A run with the events that it emitted. */
export type RunNode = Pick<
  RunReport,
  "id" | "workflow" | "state" | "trigger" | "attempt" | "hops" | "queuedAt" | "startedAt" | "finishedAt"
> & { readonly kind: "run"; readonly events: readonly EventNode[]; readonly cut: boolean };
export type TraceNode = EventNode | RunNode;
export type TraceTree = { readonly asked: string; readonly root: TraceNode; readonly cut: boolean };

export type KeyView = { readonly name: string; readonly createdAt: string; readonly by: string };
/** `workflows`: those whose webhooks need the key. */
export type KeyDeleted = { readonly name: string; readonly deleted: boolean; readonly workflows: readonly string[] };
export type KeyCreated = { readonly name: string; readonly value: string; readonly createdAt: string };
