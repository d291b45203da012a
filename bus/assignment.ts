// What the controller and an agent say to each other. The assignment reaches an agent as one JSON document on its standard
// input, never through its environment, arguments or labels: `docker inspect` shows none of it.
import type { Outcome, RunReport } from "../model/run.ts";
import type { QueuedRun } from "./run-message.ts";

/**
 * Everything one agent needs to know, but the values of secrets, which it asks for (secret-delivery.ts): environments have
 * references to them.
 */
export type Assignment = {
  readonly workflow: string;
  readonly instance: string;
  readonly deployment: string;
  /** Workflow revision, shown in reports and events. */
  readonly revision: number;
  readonly nats: { readonly servers: readonly string[]; readonly credentials: string | null };
  readonly work:
    /** A daemon: starts at once and is kept going. */
    | { readonly kind: "script"; readonly source: string; readonly environment: Readonly<Record<string, string>> }
    /** Takes runs from the workflow's queue. */
    | QueueWork
    | TestWork
    /** The user's code is another container that shares this network namespace; the agent is only its gateway. */
    | { readonly kind: "sidecar" };
  /** 0: any free port of loopback. */
  readonly gatewayPort: number;
  /** How long after SIGTERM user code may still live before SIGKILL. */
  readonly stopGraceMs: number;
  /** Secrets whose keys are to be files. */
  readonly secretFiles?: readonly string[];
};

export type QueueWork = {
  readonly kind: "queue";
  readonly source: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Runs at the same time, each in a runner process of its own. */
  readonly concurrency: number;
  /** Of one attempt. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /** `isolation: container`: takes one run, and ends with it. */
  readonly singleUse: boolean;
  /** When the workflow was created: runs that were queued for another one of its name are not its own. Null: long ago. */
  readonly createdAt: string | null;
};

/** A test of a breed: its runs come with the assignment, and nothing of what it does is stored. */
export type TestWork = {
  readonly kind: "test";
  /** What user code is told that its workflow is; that of the assignment is the owner token of the test. */
  readonly workflow: string;
  readonly source: string;
  readonly environment: Readonly<Record<string, string>>;
  /** One after the other. */
  readonly runs: readonly QueuedRun[];
  /** Of each run. */
  readonly timeoutMs: number;
  /** Of all of them together. */
  readonly totalMs: number;
};

/** What the agent of a test says to the controller; it goes on when that has answered. */
export type TestReport =
  | { readonly kind: "begun"; readonly run: string }
  | {
      readonly kind: "ended";
      readonly run: string;
      readonly outcome: Outcome;
      readonly tookMs: number;
      readonly output: readonly LogLine[];
    };

/** `times`: how often a failed run is given again, first after `delayMs`, then after `factor` times the delay before. */
export type RetryPolicy = { readonly times: number; readonly delayMs: number; readonly factor: number };

/** What the controller tells the agents of one workflow. */
export type AgentControl =
  /** Takes no further run; ends when those under way have ended. */
  | { readonly kind: "drain"; readonly instances: readonly string[] }
  /** Ends a run, if it is under way here, as stopped; it is not given again. */
  | { readonly kind: "cancel"; readonly run: string; readonly reason: string };

/** What an agent says of itself: at every change, every few seconds, and when asked. */
export type InstanceReport = {
  readonly workflow: string;
  readonly instance: string;
  readonly deployment: string;
  readonly revision: number;
  readonly at: string;
  readonly state:
    /** User code is in its process and has not ended. */
    | { readonly kind: "running"; readonly since: string }
    /** A period or sidecar workflow between executions, a queue's agent without a run: all is well. */
    | { readonly kind: "idle" }
    /** Takes no further run, and ends when those under way have. */
    | { readonly kind: "draining" }
    /** User code ended and is started again at `until`. */
    | { readonly kind: "backing-off"; readonly until: string }
    | { readonly kind: "stopping" };
  /** How often user code was started again after it ended by itself. */
  readonly restarts: number;
  /** The last way user code ended badly, in one line, or null. */
  readonly lastError: string | null;
  readonly lastRun: RunReport | null;
  /** Events that user code sent and that could not be made durable, since the agent started. */
  readonly eventsLost: number;
  readonly logLinesDropped: number;
};

/** A batch of output lines of one instance, the payload of a LOGS message. */
export type LogBatch = {
  readonly workflow: string;
  readonly instance: string;
  readonly run: string;
  readonly lines: readonly LogLine[];
};

export type LogLine = {
  readonly at: string;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
  /** Present when the line was longer than the limit: how many bytes are missing. */
  readonly cutBytes?: number;
};

/** An API call of user code that the agent forwards over `api.<workflow>`, and its answer. */
export type ForwardedRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The run that sends it, as the agent knows it; events that it brings belong to that run. */
  readonly run?: RunOrigin;
};

/** What an event says of the run that emitted it. */
export type RunOrigin = { readonly run: string; readonly cause?: string; readonly hops?: number };

export type ForwardedResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};
