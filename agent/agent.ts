// One agent at work: the parts of this folder, wired by hand for one assignment.
//
// It stops in the order opposite to its start: user code first, while the gateway still takes its last events; then what is
// not yet stored, within a bound; then a last report; then the connection.
import type { Assignment } from "../bus/assignment.ts";
import type { Clock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { startGateway } from "./gateway.ts";
import { log, maskLog } from "./log.ts";
import type { AgentOptions } from "./options.ts";
import { startReports } from "./reports.ts";
import { receiveSecrets } from "./secrets.ts";
import { writeSecretFiles } from "./secret-files.ts";
import { createStatus } from "./status.ts";
import { startWork } from "./work.ts";

/** What is not stored by then is lost, and the agent says how much; a queued run is then given again. */
const flushMaxMs = 2_000;

export type Agent = {
  readonly gatewayUrl: string;
  /** Resolves when the agent has nothing more to do, with why: it was drained, or has taken the one run that it was for. */
  readonly finished: Promise<string>;
  /** Ends everything; resolves when the last report is out and the connection closed. */
  stop(reason: string): Promise<void>;
};

/** Rejects when the secrets of the workflow cannot be had. */
export async function startAgent(
  given: Assignment,
  options: AgentOptions,
  { connection, clock }: { connection: Connection; clock: Clock },
): Promise<Agent> {
  const stopping = new AbortController();
  const reporting = new AbortController();
  const { assignment, values, mask } = await receiveSecrets(given, connection);
  maskLog(mask);
  const secrets = writeSecretFiles(assignment, values, options);
  const status = createStatus(assignment, () => clock.now());
  const gateway = await startGateway(connection, assignment, status, mask);
  const surroundings = { gatewayUrl: gateway.url, secretsDir: secrets.dir };
  const work = startWork(assignment, { options, connection, clock, status, mask, ...surroundings }, stopping.signal);
  // Nobody keeps an account of a test's instance but the controller that waits for its results.
  if (assignment.work.kind !== "test") startReports(connection, status, reporting.signal);
  log.info("ready", { workflow: assignment.workflow, instance: assignment.instance, gateway: gateway.url });

  return {
    gatewayUrl: gateway.url,
    finished: work.ended,
    async stop(reason) {
      status.stopping();
      stopping.abort(reason);
      await work.ended;
      await gateway.stop();
      await work.flush(flushMaxMs);
      secrets.remove();
      reporting.abort();
      await connection.close();
    },
  };
}
