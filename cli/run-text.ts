// How runs are shown on a terminal.
import type { Outcome } from "../model/run.ts";
import { age, lasting } from "./age.ts";
import { compact } from "./format.ts";
import { entries, fields, section } from "./sheet.ts";
import { cutCell, table } from "./table.ts";
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
      cutCell(outcomeText(run.outcome)),
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
      ...(outcome && !("result" in result) && { Outcome: outcomeText(outcome) }),
      Trigger: triggerText(run),
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

function triggerText({ trigger, slot, replay }: RunView): string {
  if (replay !== undefined) return `${trigger} ${replay}`;
  return slot === null ? trigger : `${trigger}, due ${slot}`;
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
      return `timed out after ${lasting(outcome.afterMs)}`;
    case "dead":
      return outcome.last === null ? outcome.reason : `${outcome.reason}: ${outcomeText(outcome.last)}`;
    case "stopped":
    case "skipped":
    case "refused":
      return outcome.reason;
  }
}

/** From when it was queued to its end, as whoever waits for it sees it; a daemon's run waits in no queue. */
export function tookText({ queuedAt, ...ran }: Pick<RunView, "queuedAt" | "startedAt" | "finishedAt">): string {
  return attemptTookText({ ...ran, startedAt: queuedAt ?? ran.startedAt });
}

function attemptTookText({ startedAt, finishedAt }: Pick<AttemptView, "startedAt" | "finishedAt">): string {
  return startedAt === null || finishedAt === null ? "-" : lasting(Date.parse(finishedAt) - Date.parse(startedAt));
}

function stateText({ state, again }: Pick<AttemptView, "state" | "again">): string {
  return again === null ? state : `${state}, again at ${again}`;
}

function attemptTable(attempts: readonly AttemptView[]): string {
  return table(
    ["ATTEMPT", "STATE", "STARTED", "TOOK", "INSTANCE", "OUTCOME"],
    attempts.map((one) => [
      String(one.attempt),
      stateText(one),
      one.startedAt ?? "",
      attemptTookText(one),
      one.instance ?? "",
      cutCell(outcomeText(one.outcome)),
    ]),
  );
}
