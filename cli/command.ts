// The `drover` command as a process.
//
//   P1. Exit codes: 0 done, 1 refused or failed, 2 wrong usage: what the command line says makes no sense, or names a file that cannot
//       be read. Of `plan` and `breed test`, 1 is an answer, so what goes wrong is 2. Ctrl-C ends `tail` and `logs -f` with 0: that is
//       how they end.
//   P2. Results go to standard output, everything else to standard error. A reader that goes away (`drover tail | head -1`)
//       ends the command quietly with 0.
//   P3. A failure is a line for each thing that is wrong, never a stack; a stack is a bug of ours.
import { type Command, CommanderError } from "commander";
import { ControllerApi } from "./controller-api.ts";
import { Failure } from "./failure.ts";
import { resolveOptions } from "./options.ts";
import { createProgram } from "./program.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const program = createProgram({
  environment: process.env,
  // The controller has closed everything; a connection that somebody else holds open must not keep the process.
  exitWith: (code) => process.exit(code),
  inSession: async (flags, work) => {
    const api = new ControllerApi(await resolveOptions(flags, process.env));
    await work({ api, say, print: (text) => process.stdout.write(text), interruption });
  },
});
overrideExit(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = codeOf(error);
}

/** Commander would end the process by itself, of every command in its own way. */
function overrideExit(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) overrideExit(inner);
}

function codeOf(error: unknown): number {
  // Commander has said what is wrong by itself; it also throws after `--help`, with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (!(error instanceof Failure)) throw error;
  for (const line of error.message.split("\n")) say(line);
  return error.exitCode;
}

function interruption(): AbortSignal {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  return interrupted.signal;
}

function say(line: string): void {
  process.stderr.write(`drover: ${line}\n`);
}
