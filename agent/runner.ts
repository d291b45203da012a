// One execution of a script in one runner process, seen from the agent.
//
//   X1. `boot` and `execute` are two steps: a booted runner waits for its script and costs nothing but memory until then.
//   X2. A runner executes once. It ends by itself, at its time limit, or when stopped: SIGTERM to its process group, SIGKILL
//       to what is left after stopGraceMs.
//   X3. When the runner's process has ended, nothing it forked lives on (see process-group.ts for what cannot be found).
//   X4. Every way to end is an Outcome, also that the process could not be started; nothing here rejects.
import { type ChildProcess, spawn } from "node:child_process";
import { type Readable, Writable } from "node:stream";
import type { Outcome } from "../model/run.ts";
import type { Clock } from "./clock.ts";
import { createLastWords } from "./last-words.ts";
import { reasonOf } from "./log.ts";
import type { AgentOptions } from "./options.ts";
import { outOfMemoryKills } from "./out-of-memory.ts";
import { killStrays, signalGroup } from "./process-group.ts";
import type { RunOutput } from "./output.ts";

/** How long the pipes of a process that has ended may stay open; only a stray that holds them keeps them longer. */
const pipesCloseMaxMs = 1_000;
/** The pipe on which a runner waits for its script; runner-main.ts reads it. */
const scriptFd = 3;

export type Script = { readonly name: string; readonly source: string };

export type Limits = {
  /** 0: none. */
  readonly timeoutMs: number;
  readonly stopGraceMs: number;
  /** Its reason becomes the reason of the outcome. */
  readonly signal: AbortSignal;
};

export type Runner = {
  execute(script: Script, output: RunOutput, limits: Limits): Promise<Outcome>;
};

type Exit =
  | { readonly kind: "exited"; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly kind: "unstarted"; readonly reason: string };

type Cut = { readonly kind: "timed-out" } | { readonly kind: "stopped"; readonly reason: string };

/** Starts the process; what goes wrong with that is the outcome of `execute`. `environment` is all that user code sees. */
export function boot(options: AgentOptions, environment: Readonly<Record<string, string>>, clock: Clock): Runner {
  const child = spawnRunner(options, environment);
  const exit =
    child instanceof Error ? Promise.resolve<Exit>({ kind: "unstarted", reason: child.message }) : exitOf(child);
  // An agent that fails takes user code with it.
  const killWithAgent = (): void => endGroup(child);
  process.once("exit", killWithAgent);

  return {
    async execute(script, output, limits) {
      const lastWords = createLastWords();
      const memoryKillsBefore = outOfMemoryKills();
      if (!(child instanceof Error)) {
        child.stdout?.on("data", (chunk: Buffer) => output.stdout(chunk));
        child.stderr?.on("data", (chunk: Buffer) => {
          output.stderr(chunk);
          lastWords.write(chunk);
        });
        give(child, script);
      }
      const cut = await cutShort(limits);
      const ended = await exit;
      process.off("exit", killWithAgent);
      if (!(child instanceof Error)) await clearAway(child);
      output.end();
      const outOfMemory = outOfMemoryKills() > memoryKillsBefore;
      return outcomeOf(ended, cut, { stderr: lastWords.text(), timeoutMs: limits.timeoutMs, outOfMemory });
    },
  };

  /** Resolves when the process has ended, with what made us end it, if we did. */
  async function cutShort({ timeoutMs, stopGraceMs, signal }: Limits): Promise<Cut | null> {
    const watch = new AbortController();
    const cut = clock
      .wait(timeoutMs > 0 ? timeoutMs : Number.POSITIVE_INFINITY, AbortSignal.any([signal, watch.signal]))
      .then((how): Cut =>
        how === "elapsed" ? { kind: "timed-out" } : { kind: "stopped", reason: reasonOf(signal.reason) },
      );
    const first = await Promise.race([exit.then(() => null), cut]);
    if (first === null) {
      watch.abort();
      return null;
    }
    const leader = child instanceof Error ? undefined : child.pid;
    if (leader !== undefined) {
      signalGroup(leader, "SIGTERM");
      const graceful = clock.wait(stopGraceMs, watch.signal);
      if ((await Promise.race([exit, graceful])) === "elapsed") signalGroup(leader, "SIGKILL");
      await exit;
    }
    watch.abort();
    return first;
  }

  async function clearAway(ended: ChildProcess): Promise<void> {
    endGroup(ended);
    if (options.ownsUser && options.userUid !== null) killStrays(options.userUid);
    const pipes = [ended.stdout, ended.stderr].filter((pipe) => pipe !== null);
    const closed = Promise.all(pipes.map(closeOf));
    const watch = new AbortController();
    await Promise.race([closed, clock.wait(pipesCloseMaxMs, watch.signal)]);
    watch.abort();
    for (const pipe of pipes) pipe.destroy();
  }
}

function spawnRunner(options: AgentOptions, environment: Readonly<Record<string, string>>): ChildProcess | Error {
  const { userUid } = options;
  try {
    return spawn(process.execPath, [options.runnerPath, options.modulesDir], {
      cwd: "/tmp",
      env: { ...environment },
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      ...(userUid === null ? {} : { uid: userUid, gid: userUid }),
    });
  } catch (error) {
    // Such as an environment or arguments that the system finds too long.
    return new Error(reasonOf(error), { cause: error });
  }
}

function closeOf(pipe: Readable): Promise<void> {
  return new Promise((resolve) => (pipe.closed ? resolve() : pipe.once("close", resolve)));
}

function endGroup(child: ChildProcess | Error): void {
  if (!(child instanceof Error) && child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
}

function exitOf(child: ChildProcess): Promise<Exit> {
  const { promise, resolve } = Promise.withResolvers<Exit>();
  child.once("error", (error) => resolve({ kind: "unstarted", reason: error.message }));
  child.once("exit", (code, signal) => resolve({ kind: "exited", code, signal }));
  return promise;
}

function give(child: ChildProcess, script: Script): void {
  const pipe = child.stdio[scriptFd];
  if (!(pipe instanceof Writable)) return;
  // A runner that died before it read its script has an exit to tell of it.
  pipe.on("error", () => {});
  pipe.end(JSON.stringify(script));
}

type Ending = { readonly stderr: string; readonly timeoutMs: number; readonly outOfMemory: boolean };

function outcomeOf(exit: Exit, cut: Cut | null, { stderr, timeoutMs, outOfMemory }: Ending): Outcome {
  if (exit.kind === "unstarted") {
    return { kind: "failed", exitCode: null, error: `the runner could not be started: ${exit.reason}` };
  }
  if (cut?.kind === "timed-out") return { kind: "timed-out", afterMs: timeoutMs };
  if (cut?.kind === "stopped") return cut;
  if (exit.code === 0) return { kind: "completed", exitCode: 0 };
  if (exit.signal !== null) {
    const killed = outOfMemory
      ? "killed: out of memory; raise scale.memory of the workflow"
      : stderr || `killed by ${exit.signal}`;
    return { kind: "failed", exitCode: null, signal: exit.signal, error: killed };
  }
  return { kind: "failed", exitCode: exit.code, error: stderr || `ended with exit code ${exit.code}` };
}
