// What an agent does beside being a gateway: keeping a script going, or taking runs from a queue, or nothing.
import type { Assignment, QueueWork } from "../bus/assignment.ts";
import type { Mask } from "../model/mask.ts";
import { createAllowance } from "./allowance.ts";
import type { Clock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { listenToControl } from "./control.ts";
import { userEnvironment } from "./environment.ts";
import { log } from "./log.ts";
import { createLogShipper } from "./log-shipper.ts";
import { maskedOutcome } from "./masked-outcome.ts";
import type { AgentOptions } from "./options.ts";
import { type RunOutput, createOutput } from "./output.ts";
import { startQueue } from "./queue.ts";
import { createRunJournal } from "./run-journal.ts";
import { boot } from "./runner.ts";
import { createRunners } from "./runners.ts";
import type { Status } from "./status.ts";
import { supervise } from "./supervisor.ts";
import { startTest } from "./test-work.ts";

export type Work = {
  /** Resolves when nothing more will be done, with why: the signal fired, or the work is finished. */
  readonly ended: Promise<string>;
  /** Resolves when all that was said is stored, or after waitMs. */
  flush(waitMs: number): Promise<void>;
};

export type WorkParts = {
  readonly options: AgentOptions;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly status: Status;
  readonly gatewayUrl: string;
  /** Where the files of the workflow's secrets are; null when it has none. */
  readonly secretsDir: string | null;
  /** Hides them in all that leaves user code. */
  readonly mask: Mask;
};

export function startWork(assignment: Assignment, parts: WorkParts, signal: AbortSignal): Work {
  const { work } = assignment;
  switch (work.kind) {
    case "sidecar":
      return { ended: stopOf(signal), flush: () => Promise.resolve() };
    case "script":
      return startScript(assignment, work, parts, signal);
    case "queue":
      return startQueueWork(assignment, work, parts, signal);
    case "test":
      return startTest(assignment, work, parts, signal);
  }
}

function startScript(
  assignment: Assignment,
  { source, environment }: Extract<Assignment["work"], { kind: "script" }>,
  { options, connection, clock, status, mask, ...surroundings }: WorkParts,
  signal: AbortSignal,
): Work {
  const { workflow, stopGraceMs } = assignment;
  const journal = createRunJournal(connection);
  const printer = createPrinter(assignment, { connection, clock, status, mask });
  const script = { name: workflow, source };
  const ended = supervise(
    assignment,
    environment,
    {
      clock,
      status,
      record: (report) => journal.write(report),
      async execute({ run, timeoutMs, signal: stop }) {
        const runner = boot(options, userEnvironment(environment, surroundings), clock, mask);
        const limits = { timeoutMs, stopGraceMs, signal: stop };
        return maskedOutcome(await runner.execute(script, printer.outputOf(run), limits), mask);
      },
    },
    signal,
  );
  return {
    ended: ended.then(() => String(signal.reason)),
    async flush(waitMs) {
      await Promise.all([printer.flush(waitMs), journal.flush(waitMs)]);
      if (journal.dropped > 0) log.warn("events about runs were lost", { events: journal.dropped });
    },
  };
}

function startQueueWork(
  assignment: Assignment,
  work: QueueWork,
  { options, connection, clock, status, mask, ...surroundings }: WorkParts,
  signal: AbortSignal,
): Work {
  const { workflow, revision, stopGraceMs } = assignment;
  const { source, environment, concurrency, singleUse } = work;
  const printer = createPrinter(assignment, { connection, clock, status, mask });
  const runners = createRunners(
    options,
    { name: workflow, source },
    { environment: userEnvironment(environment, surroundings), clock, concurrency, singleUse, revision, mask },
  );
  const queue = startQueue(
    assignment,
    work,
    {
      connection,
      clock,
      status,
      execute: (run, limits) => runners.execute(run, printer.outputOf(run.id), { ...limits, stopGraceMs }),
    },
    signal,
  );
  runners.warm();
  listenToControl(
    connection,
    assignment,
    {
      drain: () => queue.drain("the controller asked it to take nothing more"),
      cancel: (run, reason) => queue.cancel(run, reason),
    },
    signal,
  );
  return {
    ended: queue.ended,
    async flush(waitMs) {
      await Promise.all([printer.flush(waitMs), within(waitMs, queue.settled()), within(waitMs, runners.close())]);
      queue.close();
    },
  };
}

type Printer = { outputOf(run: string): RunOutput; flush(waitMs: number): Promise<void> };

/** Where the output of all runs of this instance goes. */
function createPrinter(
  assignment: Assignment,
  { connection, clock, status, mask }: Pick<WorkParts, "connection" | "clock" | "status" | "mask">,
): Printer {
  const onDropped = (lines: number): void => status.countLogLinesDropped(lines);
  const shipper = createLogShipper(connection, assignment, onDropped);
  const allowance = createAllowance(() => clock.now());
  return {
    outputOf: (run) => createOutput(run, { shipper, allowance, clock, onDropped, mask }),
    flush: (waitMs) => shipper.flush(waitMs),
  };
}

function stopOf(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(String(signal.reason)), { once: true });
  });
}

async function within(waitMs: number, work: Promise<void>): Promise<void> {
  const { promise: tooLate, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, waitMs);
  await Promise.race([work, tooLate]);
  clearTimeout(timer);
}
