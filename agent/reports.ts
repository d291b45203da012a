// What the agent says of its instance to the controller: at every change, every few seconds, when asked, and when NATS is
// back. Plain publishes: a report that is lost is followed by the next one, so nothing is kept while NATS is away.
import { reportRequest, reportSubject } from "../bus/subjects.ts";
import type { Connection } from "./connection.ts";
import type { Status } from "./status.ts";

const reportEveryMs = 5_000;
/** Changes that follow each other this closely are one report. */
const coalesceMs = 50;

/** Reports until the signal fires, and a last time then. */
export function startReports(connection: Connection, status: Status, signal: AbortSignal): void {
  const { workflow, instance } = status.report;
  const subject = reportSubject(workflow, instance);
  let soon: NodeJS.Timeout | undefined;

  const send = (): void => {
    clearTimeout(soon);
    soon = undefined;
    if (connection.online) connection.nc.publish(subject, JSON.stringify(status.report));
  };

  const asked = connection.nc.subscribe(reportRequest(), { callback: (error) => (error ? undefined : send()) });
  const regularly = setInterval(send, reportEveryMs);
  const stopListening = connection.onChange((online) => online && send());
  status.onChange(() => (soon ??= setTimeout(send, coalesceMs)), signal);
  signal.addEventListener(
    "abort",
    () => {
      stopListening();
      clearInterval(regularly);
      if (!connection.nc.isClosed()) asked.unsubscribe();
      send();
    },
    { once: true },
  );
  send();
}
