// How the runs of a test go, as its agent tells it.
//
//   P1. Every run has an outcome in the end. One that had begun when its container ended has failed; one that had not is skipped.
//   P2. What an agent says is not believed to be well-formed: its container also holds the code under test.
import type { NatsConnection, Subscription } from "@nats-io/nats-core";
import type { LogLine, TestReport } from "../../bus/assignment.ts";
import { inboxPrefix, testReportSubject } from "../../bus/subjects.ts";
import { isObject } from "../../model/reader.ts";
import type { Outcome } from "../../model/run.ts";

export type RunProgress = {
  readonly outcome: Outcome;
  readonly tookMs: number | null;
  readonly output: readonly LogLine[];
};

export type TestProgress = {
  take(report: TestReport): void;
  /** No more will be said, and why. */
  end(reason: string): void;
  /** Resolves when all runs have ended, or no more will be said, or after waitMs. Throws the signal's reason when it fires. */
  over(waitMs: number, signal: AbortSignal): Promise<void>;
  of(run: string): RunProgress;
};

export function createTestProgress(runs: readonly string[]): TestProgress {
  const begun = new Set<string>();
  const ended = new Map<string, RunProgress>();
  const over = Promise.withResolvers<void>();
  let reason = "nothing more was heard of it";

  return {
    take(report) {
      if (!runs.includes(report.run) || ended.has(report.run)) return;
      begun.add(report.run);
      if (report.kind === "begun") return;
      const { outcome, tookMs, output } = report;
      ended.set(report.run, { outcome, tookMs, output });
      if (ended.size === runs.length) over.resolve();
    },
    end(why) {
      reason = why;
      over.resolve();
    },
    async over(waitMs, signal) {
      const giveUp = (): void => over.reject(signal.reason);
      const timer = setTimeout(() => over.resolve(), waitMs);
      signal.addEventListener("abort", giveUp, { once: true });
      try {
        if (signal.aborted) giveUp();
        await over.promise;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
      }
    },
    of(run) {
      const known = ended.get(run);
      if (known) return known;
      const outcome: Outcome = begun.has(run)
        ? { kind: "failed", exitCode: null, error: { message: reason } }
        : { kind: "skipped", reason: `it did not begin: ${reason}` };
      return { outcome, tookMs: null, output: [] };
    },
  };
}

/** Answers everything that the agent of the owner says, which then goes on. */
export function followProgress(
  nc: NatsConnection,
  owner: string,
  onReport: (report: TestReport) => void,
): Subscription {
  return nc.subscribe(testReportSubject(owner), {
    callback(error, msg) {
      // An answer goes only to the inbox of the test: elsewhere it would be said as the controller.
      if (error || !msg.reply?.startsWith(`${inboxPrefix(owner)}.`)) return;
      const report = parseTestReport(msg.string());
      if (report !== null) onReport(report);
      msg.respond();
    },
  });
}

function parseTestReport(text: string): TestReport | null {
  const raw = json(text);
  if (!isObject(raw) || typeof raw["run"] !== "string") return null;
  if (raw["kind"] === "begun") return { kind: "begun", run: raw["run"] };
  const { kind, outcome, tookMs, output } = raw;
  if (kind !== "ended" || !isOutcome(outcome) || typeof tookMs !== "number" || !Array.isArray(output)) return null;
  return { kind, run: raw["run"], outcome, tookMs, output: output.filter(isLine) };
}

function isOutcome(raw: unknown): raw is Outcome {
  return isObject(raw) && typeof raw["kind"] === "string";
}

function isLine(raw: unknown): raw is LogLine {
  return isObject(raw) && typeof raw["text"] === "string" && typeof raw["at"] === "string";
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
