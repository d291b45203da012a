// The command line: its commands, their flags and what each is for. What they do is in commands/.
import { Argument, Command, Option } from "commander";
import { addChangeCommands } from "./change-commands.ts";
import { deleteFiles } from "./commands/apply.ts";
import { deleteNamed } from "./commands/delete.ts";
import { describe } from "./commands/describe.ts";
import { emit } from "./commands/emit.ts";
import { get } from "./commands/get.ts";
import { logs } from "./commands/logs.ts";
import { ps } from "./commands/ps.ts";
import { setStatus } from "./commands/status.ts";
import { up } from "./commands/up.ts";
import { ownVersion, version } from "./commands/version.ts";
import { addEventCommands } from "./event-commands.ts";
import { addEventOptions, eventQueryOf } from "./event-options.ts";
import type { Flags } from "./options.ts";
import { collect, countFrom, eventType } from "./parameters.ts";
import { addInstallationCommands } from "./installation-commands.ts";
import { addPastCommands } from "./past-commands.ts";
import { addRunCommands } from "./run-commands.ts";
import { addSecretCommands } from "./secret-commands.ts";
import { addTestCommands } from "./test-commands.ts";
import type { Session } from "./session.ts";
import { addTailCommand } from "./tail-command.ts";
import { addTokenCommands } from "./token-commands.ts";

/** Events that `get` holds at once, to align or to close a list around them. */
const eventsMax = 100_000;
/** As many as the controller answers at once. */
const linesMax = 10_000;

const exitCodes = `
Exit codes: 0 done, 1 refused or failed, 2 wrong usage: an unknown or missing word, a flag's value that makes no sense, or
a file that cannot be read. plan and breed test have codes of their own, which their help says.`;

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
    .option("--ca <file>", "certificate (PEM) of the authority behind an https address (DROVER_CA)")
    .option("--token <token>", "proves who asks (DROVER_TOKEN, token in ~/.config/drover/config.yml)")
    .addHelpText("after", exitCodes)
    .showHelpAfterError("(drover --help shows what there is)");
  const work = (does: (session: Session) => Promise<void>): Promise<void> => host.inSession(program.opts(), does);

  program
    .command("up")
    .description("run the controller in the foreground")
    .action(async () => host.exitWith(await up(host.environment)));
  addChangeCommands(program, work);
  addReading(program, work);
  addChanging(program, work);
  addFollowing(program, work);
  addEventCommands(program, work);
  addRunCommands(program, work);
  addPastCommands(program, work);
  addTestCommands(program, work);
  addSecretCommands(program, work);
  addTokenCommands(program, work);
  addInstallationCommands(program, work, host);
  addHelp(program);
  program
    .command("version")
    .description("the versions of this command and of the controller")
    .action(() => work(version));
  return program;
}

/** Commander's own shows all there is for a command that there is not, and goes one word deep. */
function addHelp(program: Command): void {
  program
    .helpCommand(false)
    .command("help [command...]")
    .description("how a command is used")
    .action((words: string[]) => {
      let found = program;
      for (const [index, word] of words.entries()) {
        const inner = found.commands.find((one) => one.name() === word);
        if (inner === undefined)
          return program.error(`error: unknown command '${words.slice(0, index + 1).join(" ")}'`);
        found = inner;
      }
      return found.help();
    });
}

type Work = (does: (session: Session) => Promise<void>) => Promise<void>;

function addReading(program: Command, work: Work): void {
  const reading = program
    .command("get <kind> [name]")
    .description("show breeds, workflows or events; or one by its name, an event by its id")
    .addOption(new Option("-o, --output <format>", "how").choices(["table", "yaml", "json"]).default("table"));
  addEventOptions(reading)
    .option("--oldest-first", "events from the oldest on, not from the newest", false)
    .option("--limit <count>", "how many events at most", countFrom(1, eventsMax), 30)
    .action((kind: string, name: string | undefined, { output, limit, oldestFirst, ...flags }) => {
      const events = { ...eventQueryOf(flags), order: oldestFirst ? "oldest" : "newest" } as const;
      return work((session) => get(session, kind, name ?? null, { output, events, limit }));
    });
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
    .option("--type <type>", "its type (event when left out)", eventType)
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
    .option("--lines <count>", "how many of the last lines", countFrom(0, linesMax), 100)
    .option("-t, --timestamps", "with the time, instance and stream of each line", false)
    .action((name: string | undefined, { run, ...options }, command: Command) => {
      if (run !== undefined && name === undefined) return work((session) => logs(session, { run }, options));
      if (run === undefined && name !== undefined) return work((session) => logs(session, { workflow: name }, options));
      return command.error("error: expected either a workflow, or --run");
    });
  addTailCommand(program, work);
}
