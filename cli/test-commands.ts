// The part of the command line that tests breeds over recorded events.
import type { Command } from "commander";
import { fixtureEventsMax } from "../model/fixture.ts";
import { breedTest } from "./commands/breed-test.ts";
import { recordEvents } from "./commands/events-record.ts";
import { collect, countFrom, duration, moment, fromSource, typePattern } from "./parameters.ts";
import type { Session } from "./session.ts";

type Work = (does: (session: Session) => Promise<void>) => Promise<void>;

const recordedMax = 10_000;

const expectHelp = `
The file of --expect has an entry for each event of the fixture, in YAML or JSON:

  - outcome: completed          # completed, failed or timed-out; completed when it is left out
    result: {total: 42}         # what the handler returned
    events:                     # all that it emitted, in order; [] expects none
      - {type: paid, tags: [order], value: {id: 7}}
  - outcome: failed
    error: no such order        # a part of the message

Of objects only the named fields are compared, lists item by item, anything else must be equal. An event may carry more tags.

Exit codes: 0 all went as expected (without --expect: completed), 1 some did not, 2 nothing was tested.`;

export function addTestCommands(program: Command, work: Work): void {
  program
    .command("events")
    .description("events as files")
    .command("record")
    .description(
      "write events of the past, the newest ones, as a fixture for drover breed test: a JSON list, oldest first",
    )
    .option("--tag <tag>", "only events that carry this tag; repeat it for several", collect, [])
    .option("--type <pattern>", "only events of this type, or of types such as order.*", typePattern)
    .option("--source <source>", "only events from there; a * at its end stands for anything", fromSource)
    .option("--workflow <name>", "only events that its code emitted, and those about it")
    .option("--run <run>", "only events that this run emitted, and those about it")
    .option("--since <when>", "events since an ISO 8601 instant or a date, or for as long as 1h", moment("--since"))
    .option("--until <when>", "up to there, not included", moment("--until"))
    .option("--limit <count>", "how many at most", countFrom(1, recordedMax), fixtureEventsMax)
    .option("--follow", "events to come instead, until Ctrl-C or --limit", false)
    .action(({ tag, type, source, workflow, run, since, until, limit, follow }, command: Command) => {
      if (follow && (since !== undefined || until !== undefined))
        return command.error("error: --follow records what is to come; leave out --since and --until");
      const filters = { type, source, workflow, run, since, until };
      return work((session) => recordEvents(session, { tags: tag, filters, limit, follow }));
    });
  program
    .command("breed")
    .description("breeds beside a workflow")
    .command("test <name>")
    .description("run a breed over events in its real isolation; what it emits is captured, not sent")
    .requiredOption("--event <file>", "the events: what drover events record wrote, or - for standard input")
    .option(
      "-f, --file <path>",
      "an edited breed or a workflow, as for apply, that is tested before it is applied",
      collect,
      [],
    )
    .option("--workflow <name>", "with the environment, scale and time limit of this workflow, stored or in a file")
    .option(
      "--timeout <duration>",
      "of each event (30s, or less where the workflow says so; or ISO 8601)",
      duration("--timeout"),
    )
    .option("--expect <file>", "what is expected of each event, see below")
    .option("--write-expected <file>", "write what happened, as a file for --expect")
    .option("--json", "the result as JSON", false)
    .addHelpText("after", expectHelp)
    .action((name: string, { event, file, workflow, timeout, expect, writeExpected, json }) =>
      work((session) =>
        breedTest(session, name, { event, files: file, workflow, timeout, expect, writeExpected, json }),
      ),
    );
}
