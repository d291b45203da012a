// The command that follows events: its flags, and what they mean together.
import type { Command } from "commander";
import { tail } from "./commands/tail.ts";
import { addEventOptions, eventQueryOf } from "./event-options.ts";
import type { Session } from "./session.ts";

type Work = (does: (session: Session) => Promise<void>) => Promise<void>;

export function addTailCommand(program: Command, work: Work): void {
  const command = program
    .command("tail")
    .description(
      "events as they happen, until Ctrl-C; with --since the past before them, also from behind an event by its id",
    );
  // An id is known to the controller only.
  addEventOptions(command, { since: (text) => text })
    .option("--follow", "go on with what happens; so it is without --until")
    .option("--no-follow", "end when everything up to now was shown")
    .option(
      "--logs",
      "with what workflows write in between, in the order of time; of --workflow or --run, if they are given",
      false,
    )
    .option("--json", "one JSON document per line", false)
    .action(({ follow, logs, json, ...flags }, it: Command) => {
      const query = eventQueryOf(flags);
      if (follow !== false) return work((session) => tail(session, query, { json, logs }));
      if (query.since === undefined)
        return it.error("error: --no-follow shows the past: add where it begins, such as --since 1h");
      return work((session) => tail(session, { ...query, until: query.until ?? "now" }, { json, logs }));
    });
}
