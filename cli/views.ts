// What the controller answers, as far as the command line reads it.
import type { Schedule } from "../model/schedule.ts";
import type { Workflow, WorkflowStatus } from "../model/workflow.ts";

export type InstanceView = {
  readonly name: string;
  readonly status: "starting" | "ready" | "crashing" | "exited" | "unreachable";
  readonly restarts: number;
  readonly startedAt: string | null;
  readonly lastError: string | null;
};

export type WorkflowView = Workflow & {
  readonly schedule: Schedule;
  readonly status: WorkflowStatus;
  readonly instances: readonly InstanceView[];
  readonly revision: number;
  readonly deployment: string;
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
