// What the routes are given. Wired in app.ts.
import type { Artifacts } from "../artifacts/apply.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { BreedTests } from "../breed-tests/breed-tests.ts";
import type { Backups } from "../backup/backup.ts";
import type { Bundles } from "../bundle/bundles.ts";
import type { Doctor } from "../doctor/doctor.ts";
import type { Appender } from "../events/append.ts";
import type { EventIndex } from "../events/index.ts";
import type { Live } from "../events/live.ts";
import type { ApiKeys } from "../identity/api-keys.ts";
import type { Auth } from "../identity/auth.ts";
import type { Tokens } from "../identity/tokens.ts";
import type { Cancelled } from "../lifecycle/cancellations.ts";
import type { WorkflowState } from "../lifecycle/view.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { RunHistory } from "../runs/history.ts";
import type { Logs } from "../runs/logs.ts";
import type { Trace } from "../runs/trace.ts";
import type { Tls } from "./listener.ts";
import type { RateLimits } from "./rates.ts";
import type { OpenedSecrets } from "../secrets/open-secrets.ts";

export type HttpParts = {
  readonly version: string;
  readonly artifacts: Artifacts;
  readonly appender: Appender;
  readonly breedTests: BreedTests;
  readonly index: EventIndex;
  readonly live: Live;
  readonly logs: Logs;
  readonly history: RunHistory;
  readonly trace: Trace;
  readonly keys: ApiKeys;
  readonly tokens: Tokens;
  readonly auth: Auth;
  readonly rateLimits: RateLimits;
  readonly tls: Tls | null;
  readonly secrets: Omit<OpenedSecrets, "stop">;
  /** Takes a run that waits out of its queue, or tells the agents to end it. Resolves when that has been asked. */
  readonly cancel: (workflow: string, run: string, reason: string) => Promise<Cancelled>;
  readonly stateOf: (entry: LiveWorkflow) => WorkflowState;
  readonly installation: string;
  readonly backups: Backups;
  readonly bundles: Bundles;
  readonly metrics: Metrics;
  readonly doctor: Doctor;
  readonly info: () => Promise<Readonly<Record<string, unknown>>>;
  readonly config: () => Readonly<Record<string, unknown>>;
  /** Each part that must answer for requests to succeed, and what is wrong with it (null: nothing). */
  readonly readiness: () => Promise<Readonly<Record<string, string | null>>>;
  readonly now: () => Date;
};
