// The part of the command line that takes the past as input: replays, tests of triggers, and why an event set off what it did.
import { type Command } from "commander";
import { explain } from "./commands/explain.ts";
import { replay } from "./commands/replay.ts";
import { triggerTest } from "./commands/trigger-test.ts";
import { collect, countFrom, moment, fromSource, typePattern } from "./parameters.ts";
import type { Session } from "./session.ts";

type Work = (does: (session: Session) => Promise<void>) => Promise<void>;

/** Runs a second. */
const rateDefault = 50;
const rateMax = 1_000;

export function addPastCommands(program: Command, work: Work): void {
  addReplay(program, work);
  program
    .command("trigger")
    .description("what sets workflows off")
    .command("test")
    .description("when the workflows in files would have been set off in the past, and how that differs from now")
    .requiredOption("-f, --file <path>", "a YAML or JSON file, a directory, or - for standard input", collect)
    .option("--since <when>", "from an ISO 8601 instant or a date on, or for as long as 24h", moment("--since"), "24h")
    .option("--until <when>", "up to there, not included; now when it is left out", moment("--until"))
    .option("--all", "list when they would have fired also where nothing changes", false)
    .option("--json", "as JSON", false)
    .action(({ file, since, until, all, json }) =>
      work((session) => triggerTest(session, file, { since, until: until ?? null, all, json })),
    );
  program
    .command("explain <event>")
    .description("which workflows an event set off, what became of that, and why others were not")
    .option("--json", "as JSON", false)
    .action((event: string, { json }: { json: boolean }) => work((session) => explain(session, event, { json })));
}

function addReplay(program: Command, work: Work): void {
  program
    .command("replay <workflow>")
    .description(
      "set a workflow off once more by events of the past, oldest first; they are what its schedule asks for, or the options",
    )
    .option("--since <when>", "events since an ISO 8601 instant or a date, or for as long as 1h", moment("--since"))
    .option("--until <when>", "up to there, not included; now when it is left out", moment("--until"))
    .option("--tag <tag>", "only events that carry this tag; repeat it for several", collect, [])
    .option(
      "--type <pattern>",
      "only events of this type, or of types such as order.*; names Drover's own, too",
      typePattern,
    )
    .option("--source <source>", "only events from there; a * at its end stands for anything", fromSource)
    .option("--rate <count>", "runs a second", countFrom(1, rateMax), rateDefault)
    .option("--dry", "only list the events", false)
    .option("--continue <replay>", "go on with a replay that was stopped")
    .option("--json", "the result as JSON; with --dry, a document per line", false)
    .action((workflow: string, options, command: Command) => {
      const { since, until, tag, type, source, rate, dry, json, continue: continued } = options;
      const isNarrowed = [since, until, type, source].some((given) => given !== undefined) || tag.length > 0;
      if (continued !== undefined && (isNarrowed || dry))
        return command.error("error: --continue takes the events from the replay; leave out what else says which");
      if (continued === undefined && since === undefined)
        return command.error("error: expected --since, such as --since 1h, or --continue with the id of a replay");
      const query = { since, until, tags: tag, type, source };
      const what = { query: continued === undefined ? query : null, continued: continued ?? null };
      return work((session) => replay(session, workflow, { ...what, rate, dry, json }));
    });
}
