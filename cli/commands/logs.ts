// What a workflow's code wrote. Lines of stdout and stderr go to our standard output alike, in the order in which they came.
import { follow } from "../follow.ts";
import type { Session } from "../session.ts";
import type { LogLine } from "../views.ts";

export type LogsOptions = { readonly follow: boolean; readonly lines: number; readonly timestamps: boolean };

/** What one run wrote. */
export async function logsOfRun(session: Session, run: string, options: Omit<LogsOptions, "follow">): Promise<void> {
  for (const line of await session.api.runLogs(run, options.lines)) printLine(session, line, options.timestamps);
}

export async function logs(session: Session, name: string, options: LogsOptions): Promise<void> {
  const print = (line: LogLine): void => printLine(session, line, options.timestamps);
  if (!options.follow) {
    for (const line of await session.api.logs(name, options.lines)) print(line);
    return;
  }
  const messages = follow({
    connect: (lastId, signal) => session.api.followLogs(name, { lines: options.lines, lastId, signal }),
    say: session.say,
    signal: session.interruption(),
  });
  for await (const { event, data } of messages) {
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
