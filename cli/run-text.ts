// How runs are shown on a terminal.
import type { Outcome } from "../model/run.ts";
import { age } from "./age.ts";
import { compact } from "./format.ts";
import { entries, fields, section } from "./sheet.ts";
import { table } from "./table.ts";
import type { AttemptView, RunView } from "./views.ts";

export function runTable(runs: readonly RunView[], nowMs: number): string {
  return table(
    ["RUN", "WORKFLOW", "TRIGGER", "STATE", "ATTEMPT", "AGE", "TOOK", "OUTCOME"],
    runs.map((run) => [
      run.id,
      run.workflow,
      run.trigger,
      stateText(run),
      String(run.attempt),
      age(run.queuedAt ?? run.startedAt, nowMs),
      tookText(run),
      outcomeText(run.outcome),
    ]),
  );
}

/** Everything about one run on one screen. */
export function runText(run: RunView): string {
  const { outcome } = run;
  const result = outcome?.kind === "completed" && outcome.result !== undefined ? { result: outcome.result } : {};
  const last = outcome?.kind === "dead" ? outcome.last : outcome;
  const stack = last?.kind === "failed" ? (last.error.stack ?? "") : "";
  return [
    fields({
      Run: run.id,
      Workflow: run.workflow,
      State: stateText(run),
      ...(outcome && { Outcome: outcomeText(outcome) }),
      Trigger: run.slot === null ? run.trigger : `${run.trigger}, due ${run.slot}`,
      Cause: run.cause === null ? "-" : `event ${run.cause} (hops: ${run.hops})`,
      Queued: run.queuedAt ?? "-",
      Started: run.startedAt ?? "-",
      Finished: run.finishedAt ?? "-",
      Took: tookText(run),
      Attempt: String(run.attempt),
      ...(run.revision !== null && { Revision: `${run.revision} (deployment ${run.deployment ?? "-"})` }),
      ...(run.instance !== null && { Instance: run.instance }),
    }),
    section("Result", entries(result)),
    section("Stack", stack),
    section("Attempts", run.attempts.length > 0 ? attemptTable(run.attempts) : ""),
  ].join("");
}

/** One line: how it ended. */
export function outcomeText(outcome: Outcome | null): string {
  if (outcome === null) return "";
  switch (outcome.kind) {
    case "completed":
      return outcome.result === undefined ? `exit code ${outcome.exitCode}` : compact(outcome.result);
    case "failed":
      return `${outcome.error.message}${outcome.signal === undefined ? "" : ` (${outcome.signal})`}`;
    case "timed-out":
      return `timed out after ${secondsText(outcome.afterMs)}`;
    case "dead":
      return outcome.last === null ? outcome.reason : `${outcome.reason}: ${outcomeText(outcome.last)}`;
    case "stopped":
    case "skipped":
    case "refused":
      return outcome.reason;
  }
}

export function tookText({ startedAt, finishedAt }: Pick<RunView, "startedAt" | "finishedAt">): string {
  if (startedAt === null || finishedAt === null) return "-";
  return secondsText(Date.parse(finishedAt) - Date.parse(startedAt));
}

function stateText({ state, again }: Pick<RunView, "state" | "again">): string {
  return again === null ? state : `${state}, again at ${again}`;
}

function attemptTable(attempts: readonly AttemptView[]): string {
  return table(
    ["ATTEMPT", "STATE", "STARTED", "TOOK", "INSTANCE", "OUTCOME"],
    attempts.map((one) => [
      String(one.attempt),
      stateText(one),
      one.startedAt ?? "",
      tookText(one),
      one.instance ?? "",
      outcomeText(one.outcome),
    ]),
  );
}

function secondsText(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
