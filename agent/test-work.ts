// A test of a breed: the runs of the assignment one after the other, exactly as a queue's agent executes them, but nothing of it is
// stored. How each run began and ended is said to the controller that waits for it.
//
//   T1. A run begins when the controller has heard that it begins, and the next one when it has heard how this one ended.
//   T2. A controller that does not answer is gone, and nobody waits for the rest: the agent ends.
import { setTimeout as sleep } from "node:timers/promises";
import type { Assignment, TestReport, TestWork } from "../bus/assignment.ts";
import { type QueuedRun, causeOf } from "../bus/run-message.ts";
import { testReportSubject } from "../bus/subjects.ts";
import type { Outcome } from "../model/run.ts";
import { createAllowance } from "./allowance.ts";
import { userEnvironment } from "./environment.ts";
import { keepLines } from "./kept-lines.ts";
import { reasonOf } from "./log.ts";
import { type RunOutput, createOutput } from "./output.ts";
import { endedReport, startedReport, waitingReport } from "./queue-report.ts";
import { createRunners } from "./runners.ts";
import type { Work, WorkParts } from "./work.ts";

/** A server that was killed is there again by then, and so is the controller's subscription. */
const answerMaxMs = 15_000;
const answerWaitMs = 5_000;
const retryWaitMs = 250;
/** Far longer than a process takes to fill the pipe anew, and not noticed by whoever waits for the test. */
const quietMs = 20;
/** A timer that a handler left behind may write for ever. */
const drainMaxMs = 500;

export function startTest(
  assignment: Assignment,
  work: TestWork,
  { options, connection, clock, status, mask, ...surroundings }: WorkParts,
  signal: AbortSignal,
): Work {
  const { revision, stopGraceMs } = assignment;
  const { workflow, source, runs, timeoutMs, totalMs } = work;
  const environment = userEnvironment(work.environment, surroundings);
  const untilMs = performance.now() + totalMs;
  const reason = `the runs of a test may take ${totalMs} ms together, and those before it did`;
  const tooLate: Outcome = { kind: "skipped", reason };
  const allowance = createAllowance(() => clock.now());
  const runners = createRunners(
    options,
    { name: workflow, source },
    { environment, clock, concurrency: 1, revision, mask },
  );
  runners.warm();

  // There is nothing to be stored; a handler that stands by ends with this process.
  return { ended: executeAll(), flush: () => Promise.resolve() };

  /** Why it is over. */
  async function executeAll(): Promise<string> {
    try {
      for (const run of runs) {
        if (signal.aborted) return String(signal.reason);
        const leftMs = Math.round(untilMs - performance.now());
        if (leftMs <= 0) {
          await tell({ kind: "ended", run: run.id, outcome: tooLate, tookMs: 0, output: [] });
          continue;
        }
        await tell({ kind: "begun", run: run.id });
        await tell(await execute(run, Math.min(timeoutMs, leftMs)));
      }
      return "the test is over";
    } catch (error) {
      return `the controller does not hear how the test goes: ${reasonOf(error)}`;
    }
  }

  async function execute(run: QueuedRun, withinMs: number): Promise<TestReport> {
    const kept = keepLines();
    const output = keepOpen(createOutput(run.id, { shipper: kept, allowance, clock, onDropped: () => {}, mask }));
    const beganMs = performance.now();
    const started = startedReport(waitingReport(assignment, run, 1), clock.now());
    status.enterRun({ id: run.id, cause: causeOf(run), hops: run.hops }, {});
    const limits = { timeoutMs: withinMs, stopGraceMs, signal };
    const outcome = await runners.execute({ ...run, attempt: 1 }, output, limits);
    status.leaveRun({ lastRun: endedReport(started, outcome, { kind: "done" }, clock.now()) });
    const tookMs = Math.round(performance.now() - beganMs);
    await output.drained();
    return { kind: "ended", run: run.id, outcome, tookMs, output: kept.lines };
  }

  /** Said again until it is answered: the controller takes it once. */
  async function tell(report: TestReport): Promise<void> {
    const subject = testReportSubject(assignment.workflow);
    const said = JSON.stringify(report);
    const giveUpMs = performance.now() + answerMaxMs;
    for (;;) {
      try {
        await connection.nc.request(subject, said, { timeout: answerWaitMs });
        return;
      } catch (error) {
        if (performance.now() >= giveUpMs || connection.nc.isClosed()) throw error;
        await connection.change(retryWaitMs);
      }
    }
  }
}

/** A handler's process may still have to hand over what it wrote before it answered: more than the pipe holds. */
function keepOpen(output: RunOutput): RunOutput & { drained(): Promise<void> } {
  let chunks = 0;
  return {
    stdout(chunk) {
      chunks += 1;
      output.stdout(chunk);
    },
    stderr(chunk) {
      chunks += 1;
      output.stderr(chunk);
    },
    end() {},
    /** Resolves when nothing more has come for a moment; at once when nothing came at all. */
    async drained() {
      const giveUpMs = performance.now() + drainMaxMs;
      for (let before = 0; before !== chunks && performance.now() < giveUpMs;) {
        before = chunks;
        await sleep(quietMs);
      }
      output.end();
    },
  };
}
