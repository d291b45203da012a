// What a workflow's code wrote. Lines of stdout and stderr go to our standard output alike, in the order in which they came.
import { follow } from "../follow.ts";
import { createOutage } from "../outage.ts";
import type { Session } from "../session.ts";
import type { LogLine } from "../views.ts";

export type LogsOptions = { readonly follow: boolean; readonly lines: number; readonly timestamps: boolean };

/** Of a workflow, or of one run of it. */
export type LogsOf = { readonly workflow: string } | { readonly run: string };

/** Following ends with Ctrl-C; of one run also with its end. */
export async function logs(session: Session, of: LogsOf, options: LogsOptions): Promise<void> {
  const print = (line: LogLine): void => printLine(session, line, options.timestamps);
  if (!options.follow) {
    const { api } = session;
    const lines = "run" in of ? api.runLogs(of.run, options.lines) : api.logs(of.workflow, options.lines);
    for (const line of await lines) print(line);
    return;
  }
  const messages = follow({
    connect: (lastId, signal) => session.api.followLogs(of, { lines: options.lines, lastId, signal }),
    outage: createOutage(session.say),
    signal: session.interruption(),
  });
  for await (const { event, data } of messages) {
    if (event === "over" && "run" in of) return session.say(`run ${of.run} is over: ${JSON.parse(data)}`);
    if (event !== "log") {
      session.say(`${event}: ${data}`);
      continue;
    }
    print(JSON.parse(data));
  }
}

function printLine(session: Session, line: LogLine, timestamps: boolean): void {
  session.print(`${timestamps ? prefixed(line) : line.text}\n`);
}

function prefixed({ timestamp, instance, stream, text }: LogLine): string {
  return `${timestamp}  ${instance}  ${stream}  ${text}`;
}
