// The command line: its commands, their flags and what each is for. What they do is in commands/.
import { Argument, Command, Option } from "commander";
import { apply, deleteFiles } from "./commands/apply.ts";
import { deleteNamed } from "./commands/delete.ts";
import { describe } from "./commands/describe.ts";
import { emit } from "./commands/emit.ts";
import { get } from "./commands/get.ts";
import { logs } from "./commands/logs.ts";
import { ps } from "./commands/ps.ts";
import { setStatus } from "./commands/status.ts";
import { tail } from "./commands/tail.ts";
import { up } from "./commands/up.ts";
import { ownVersion, version } from "./commands/version.ts";
import type { Flags } from "./options.ts";
import { collect, count } from "./parameters.ts";
import { addInstallationCommands } from "./installation-commands.ts";
import { addPastCommands } from "./past-commands.ts";
import { addRunCommands } from "./run-commands.ts";
import type { Session } from "./session.ts";

export type Host = {
  /** Opens a session with what the flags say and does the work in it. */
  inSession(flags: Flags, work: (session: Session) => Promise<void>): Promise<void>;
  readonly environment: NodeJS.ProcessEnv;
  exitWith(code: number): void;
};

export function createProgram(host: Host): Command {
  const program = new Command("drover")
    .description("Run workflows in containers; everything that happens is an event.")
    .version(ownVersion)
    .option("--url <url>", "where the controller is (DROVER_URL, url in ~/.config/drover/config.yml)")
    .option("--token <token>", "proves who asks (DROVER_TOKEN, token in ~/.config/drover/config.yml)")
    .addHelpText("after", "\nExit codes: 0 done, 1 refused or failed, 2 wrong usage.")
    .showHelpAfterError("(drover --help shows what there is)");
  const work = (does: (session: Session) => Promise<void>): Promise<void> => host.inSession(program.opts(), does);

  program
    .command("up")
    .description("run the controller in the foreground")
    .action(async () => host.exitWith(await up(host.environment)));
  program
    .command("apply")
    .description("create or change what the documents in files say")
    .requiredOption(
      "-f, --file <path>",
      "a YAML, JSON or JavaScript file, a directory, or - for standard input",
      collect,
    )
    .action(({ file }: { file: string[] }) => work((session) => apply(session, file)));
  addReading(program, work);
  addChanging(program, work);
  addFollowing(program, work);
  addRunCommands(program, work);
  addPastCommands(program, work);
  addInstallationCommands(program, work, host);
  program
    .command("version")
    .description("the versions of this command and of the controller")
    .action(() => work(version));
  return program;
}

type Work = (does: (session: Session) => Promise<void>) => Promise<void>;

function addReading(program: Command, work: Work): void {
  program
    .command("get <kind> [name]")
    .description("show breeds, workflows or events")
    .addOption(new Option("-o, --output <format>", "how").choices(["table", "yaml", "json"]).default("table"))
    .option("--tag <tag>", "events that carry this tag; repeat it for several", collect, [])
    .option("--type <type>", "events of this type")
    .option("--limit <count>", "how many events at most", count, 30)
    .action((kind: string, name: string | undefined, { output, tag, type, limit }) =>
      work((session) => get(session, kind, name ?? null, { output, tags: tag, type: type ?? null, limit })),
    );
  program
    .command("describe <kind> <name>")
    .description("everything about one breed, workflow or run")
    .action((kind: string, name: string) => work((session) => describe(session, kind, name)));
  program
    .command("ps")
    .description("the instances of all workflows")
    .action(() => work(ps));
}

function addChanging(program: Command, work: Work): void {
  program
    .command("delete [kind] [names...]")
    .description("delete breeds or workflows, by name or by the documents in files")
    .option("-f, --file <path>", "a YAML or JSON file, a directory, or - for standard input", collect, [])
    .action((kind: string | undefined, names: string[], { file }: { file: string[] }, command: Command) => {
      if (file.length > 0 && kind === undefined) return work((session) => deleteFiles(session, file));
      if (file.length > 0 || kind === undefined || names.length === 0) {
        return command.error("error: expected either a kind and names, or -f");
      }
      return work((session) => deleteNamed(session, kind, names));
    });
  for (const request of ["suspend", "resume", "restart"] as const) {
    program
      .command(request)
      .description(`${request} workflows`)
      .addArgument(new Argument("<names...>", "workflows"))
      .action((names: string[]) => work((session) => setStatus(session, request, names)));
  }
  program
    .command("emit <tags...>")
    .description("store an event")
    .option("--type <type>", "its type (event when left out)")
    .option("--value <value>", "its value: JSON, or else text that does not begin as JSON does")
    .action((tags: string[], { type, value }: { type?: string; value?: string }) =>
      work((session) => emit(session, tags, { type: type ?? null, value: value ?? null })),
    );
}

function addFollowing(program: Command, work: Work): void {
  program
    .command("logs [name]")
    .description("what a workflow's code wrote, or one run of it")
    .option("--run <run>", "only what this run wrote")
    .option("-f, --follow", "keep showing what it writes, until Ctrl-C or the end of the run", false)
    .option("--lines <count>", "how many of the last lines", count, 100)
    .option("-t, --timestamps", "with the time, instance and stream of each line", false)
    .action((name: string | undefined, { run, ...options }, command: Command) => {
      if (run !== undefined && name === undefined) return work((session) => logs(session, { run }, options));
      if (run === undefined && name !== undefined) return work((session) => logs(session, { workflow: name }, options));
      return command.error("error: expected either a workflow, or --run");
    });
  program
    .command("tail")
    .description("events as they happen, until Ctrl-C")
    .option("--tag <tag>", "only events that carry this tag; repeat it for several", collect, [])
    .option("--type <type>", "only events of this type")
    .option("--json", "one JSON document per line", false)
    .action(({ tag, type, json }) => work((session) => tail(session, { tags: tag, type: type ?? null }, { json })));
}
