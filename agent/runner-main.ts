// The program that holds user code. It boots, loads what every script needs, and waits in a read of file descriptor 3 until the
// agent sends the script (runner-frames.ts has what is said there). No credential and no trace of the agent's environment is in it.
//
//   P1. A module that exports a function, loaded for a run, is a handler: it is called with (event, context) for this run and the
//       next ones, and the process stays. Any other module is a script: its process ends when it has nothing left to do, and
//       nothing here keeps it alive. One that exports an object for a run was meant to be called: the run fails, and says so.
//   P2. An error that nobody catches is told to the agent and then does what it does in Node: it is printed, the exit code is 1.
//   P3. User code may replace whatever it finds in the language: what is needed here afterwards was taken before.
import { writeFileSync, writeSync } from "node:fs";
import type { Run } from "../client/run.ts";
import { openChannel } from "./runner-channel.ts";
import { offerHost } from "./runner-host.ts";
import { exportsInVain, preload, runModule } from "./runner-module.ts";
import { saidError, saidLoaded, saidReady, saidValue } from "./runner-said.ts";

/** The highest: when memory runs out, the kernel ends user code and not the agent. */
const oomScore = 1_000;
/** Runs of one workflow may have different uids and one gid: what one leaves in /tmp, the next may change. */
const sharedUmask = 0o002;
const inVain =
  "it exports an object; a handler is module.exports = async (event, context) => …; a script exports nothing";

type Handler = (event: Run["event"], context: Omit<Run, "id" | "event"> & { readonly run: string }) => unknown;

const { reallyExit } = process as NodeJS.Process & { reallyExit: (code: number) => never };
const channel = openChannel();
const host = offerHost(channel);

boot(process.argv[2] ?? "/agent/node_modules", process.argv[3] ?? null);

function boot(modulesDir: string, packagesDir: string | null): void {
  raiseOomScore();
  process.umask(sharedUmask);
  preload(modulesDir);
  // They are made at their first use, which would be the script's.
  void [process.stdout, process.stderr];
  channel.send(saidReady);
  const { name, source, run } = channel.receive();
  tellOfUncaught();
  endQuickly();
  if (run !== null) host.enter(run);
  const module = runModule(name, source, packagesDir === null ? [modulesDir] : [modulesDir, packagesDir]);
  const handler = run !== null && isHandler(module.exported) ? module.exported : null;
  tell(saidLoaded(handler !== null));
  if (run !== null && handler !== null) serve(handler, run);
  if (run !== null && exportsInVain(module)) refuse();
}

/** Not thrown: the script could catch it, and the line to blame is none of those that would be printed. */
function refuse(): never {
  tell(saidError("uncaught", inVain));
  writeSync(2, `${inVain}\n`);
  return reallyExit.call(process, 1);
}

function serve(handler: Handler, first: Run): void {
  host.isHandler();
  channel.listen((frame) => {
    host.enter(frame.run ?? first);
    void answer(handler, frame.run ?? first);
  });
  void answer(handler, first);
}

async function answer(handler: Handler, { id, event, ...rest }: Run): Promise<void> {
  let said: string;
  try {
    const value = await handler(event, { run: id, ...rest });
    said = saidValue("answered", value);
  } catch (thrown) {
    said = saidError("threw", thrown);
  }
  // Events that it sent without waiting for them are part of what it did.
  const released = host.released();
  if (released !== null) await released;
  tell(said);
}

/** User code can close the channel. A script does without it then; the agent ends a handler that has none. */
function tell(said: string): void {
  try {
    channel.send(said);
  } catch {
    // Its last words on stderr remain.
  }
}

function tellOfUncaught(): void {
  process.on("uncaughtExceptionMonitor", (error) => {
    // Somebody else catches it, and the process lives on.
    if (process.listenerCount("uncaughtException") === 0) tell(saidError("uncaught", error));
  });
}

/**
 * When the process has nothing left to do it ends as process.exit() would, without taking the language apart first, which takes
 * as long as a short script. After an error Node has yet to print it, and listeners of user code come after this one; then all goes its
 * usual way.
 */
function endQuickly(): void {
  process.on("exit", (code) => {
    if (code === 0 && process.listenerCount("exit") === 1) reallyExit.call(process, code);
  });
}

function isHandler(exported: unknown): exported is Handler {
  return typeof exported === "function";
}

function raiseOomScore(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", String(oomScore));
  } catch {
    // Not Linux, or not allowed: the kernel then chooses by size.
  }
}
