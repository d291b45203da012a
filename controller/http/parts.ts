// What the routes are given. Wired in app.ts.
import type { Artifacts } from "../artifacts/apply.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { Appender } from "../events/append.ts";
import type { EventIndex } from "../events/index.ts";
import type { Live } from "../events/live.ts";
import type { WorkflowState } from "../lifecycle/view.ts";
import type { Logs } from "../runs/logs.ts";

export type HttpParts = {
  readonly version: string;
  readonly artifacts: Artifacts;
  readonly appender: Appender;
  readonly index: EventIndex;
  readonly live: Live;
  readonly logs: Logs;
  readonly stateOf: (entry: LiveWorkflow) => WorkflowState;
  readonly info: () => Readonly<Record<string, unknown>>;
  readonly config: () => Readonly<Record<string, unknown>>;
  /** Each part that must answer for requests to succeed, and what is wrong with it (null: nothing). */
  readonly readiness: () => Promise<Readonly<Record<string, string | null>>>;
  readonly now: () => Date;
};
