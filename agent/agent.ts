// One agent at work: the parts of this folder, wired by hand for one assignment.
//
// It stops in the order opposite to its start: user code first, while the gateway still takes its last events; then what is
// not yet stored, within a bound; then a last report; then the connection.
import type { Assignment } from "../bus/assignment.ts";
import { createAllowance } from "./allowance.ts";
import type { Clock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { userEnvironment } from "./environment.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { log } from "./log.ts";
import { createLogShipper } from "./log-shipper.ts";
import type { AgentOptions } from "./options.ts";
import { createOutput } from "./output.ts";
import { startReports } from "./reports.ts";
import { createRunJournal } from "./run-journal.ts";
import { boot } from "./runner.ts";
import { type Status, createStatus } from "./status.ts";
import { supervise } from "./supervisor.ts";

/** What is not stored by then is lost, and the agent says how much. */
const flushMaxMs = 2_000;

export type Agent = {
  readonly gatewayUrl: string;
  /** Ends everything; resolves when the last report is out and the connection closed. */
  stop(reason: string): Promise<void>;
};

export async function startAgent(
  assignment: Assignment,
  options: AgentOptions,
  { connection, clock }: { connection: Connection; clock: Clock },
): Promise<Agent> {
  const stopping = new AbortController();
  const reporting = new AbortController();
  const status = createStatus(assignment, () => clock.now());
  const gateway = await startGateway(connection, assignment, status);
  const work = startWork(assignment, options, { connection, clock, status, gateway }, stopping.signal);
  startReports(connection, status, reporting.signal);
  log.info("ready", { workflow: assignment.workflow, instance: assignment.instance, gateway: gateway.url });

  return {
    gatewayUrl: gateway.url,
    async stop(reason) {
      status.stopping();
      stopping.abort(reason);
      await work.ended;
      await gateway.stop();
      await work.flush(flushMaxMs);
      reporting.abort();
      await connection.close();
    },
  };
}

type Work = {
  /** Resolves when user code has ended for good. */
  readonly ended: Promise<void>;
  flush(waitMs: number): Promise<void>;
};

type WorkParts = {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly status: Status;
  readonly gateway: Gateway;
};

function startWork(
  assignment: Assignment,
  options: AgentOptions,
  { connection, clock, status, gateway }: WorkParts,
  signal: AbortSignal,
): Work {
  const { work, workflow, stopGraceMs } = assignment;
  if (work.kind === "sidecar") return { ended: Promise.resolve(), flush: () => Promise.resolve() };

  const onDropped = (lines: number): void => status.countLogLinesDropped(lines);
  const journal = createRunJournal(connection);
  const shipper = createLogShipper(connection, assignment, onDropped);
  const outputParts = { shipper, allowance: createAllowance(() => clock.now()), clock, onDropped };
  const environment = userEnvironment(work.environment, gateway.url);
  const script = { name: workflow, source: work.source };

  const ended = supervise(
    assignment,
    work.environment,
    {
      clock,
      status,
      record: (report) => journal.write(report),
      execute: ({ run, timeoutMs, signal: stop }) =>
        boot(options, environment, clock).execute(script, createOutput(run, outputParts), {
          timeoutMs,
          stopGraceMs,
          signal: stop,
        }),
    },
    signal,
  );
  return {
    ended,
    async flush(waitMs) {
      await Promise.all([shipper.flush(waitMs), journal.flush(waitMs)]);
      if (journal.dropped > 0) log.warn("events about runs were lost", { events: journal.dropped });
    },
  };
}
