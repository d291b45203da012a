// The process of a runner: started, spoken to, ended with everything it forked, and cleared away.
//
//   Q1. It leads a process group of its own, and its end is that of the group (process-group.ts has what cannot be found).
//   Q2. It does not outlive the agent, unless the agent is killed outside of a container.
//   Q3. `ended` comes after everything that it wrote was heard, and always comes: pipes that a stray holds open are closed here.
import { type ChildProcess, spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { reasonOf } from "./log.ts";
import type { AgentOptions } from "./options.ts";
import { frameOf } from "./frames.ts";
import { killStrays, signalGroup } from "./process-group.ts";
import { runnerFd } from "./runner-frames.ts";
import type { Exit } from "./runner-outcome.ts";

/** How long the pipes of a process that has ended may stay open; only a stray that holds them keeps them longer. */
const pipesCloseMaxMs = 1_000;
/**
 * What Node is started with. Room for what is loaded in advance and for a short script, so that it ends before its first garbage
 * collection, which would take a third of its time; memory that is not used is not taken.
 */
const nodeOptions = ["--min-semi-space-size=4"];

/** Who a runner is in the system. */
export type Place = {
  /** The uid of user code; null: that of the agent. */
  readonly uid: number | null;
  /** Processes under the same uid that are no strays: other runners. */
  readonly spared: () => ReadonlySet<number>;
};

export type Listener = {
  hadScript(): boolean;
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
  /** From the channel; false: nothing more is heard. */
  channel(chunk: Buffer): boolean;
  /** The channel is at its end. `unread`: with something on it that the process has not read. */
  channelClosed(unread: boolean): void;
};

export type RunnerProcess = {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** How it ended; resolves when it is cleared away. */
  readonly ended: Promise<Exit>;
  /** One frame. */
  send(json: string): void;
  /** To the whole group; nothing when it has ended. */
  signal(signal: "SIGTERM" | "SIGKILL"): void;
};

export type Start = {
  readonly options: AgentOptions;
  /** All that user code sees. */
  readonly environment: Readonly<Record<string, string>>;
  readonly place: Place;
};

/** What goes wrong with the start is how it ended. */
export function startRunnerProcess(start: Start, listener: Listener): RunnerProcess {
  const child = spawnRunner(start);
  if (child instanceof Error) {
    const ended = Promise.resolve<Exit>({ kind: "unstarted", reason: child.message });
    return { pid: undefined, ended, send: () => {}, signal: () => {} };
  }
  const { pid } = child;
  const channel = child.stdio[runnerFd];
  listenTo(child, channel, listener);
  // From the start: a stream says of itself that it is closed before its listeners have heard why.
  const pipes = [child.stdout, child.stderr, channel].filter((pipe): pipe is Duplex => pipe instanceof Duplex);
  const allClosed = Promise.all(pipes.map(closeOf));
  if (pid !== undefined) endWithAgent.add(pid);
  let running = pid !== undefined;

  const ended = exitOf(child).then(async (exit) => {
    running = false;
    if (pid !== undefined) {
      signalGroup(pid, "SIGKILL");
      endWithAgent.delete(pid);
    }
    const { uid, spared } = start.place;
    // One that never had a script has forked nothing; what is there under its uid is the work of others.
    if (start.options.ownsUser && uid !== null && listener.hadScript()) killStrays(uid, spared());
    await within(allClosed, pipesCloseMaxMs);
    for (const pipe of pipes) pipe.destroy();
    return exit;
  });

  return {
    pid,
    ended,
    send(json) {
      if (!(channel instanceof Duplex)) return;
      if (channel.writable) channel.write(frameOf(json));
      else listener.channelClosed(true);
    },
    signal(signal) {
      if (running && pid !== undefined) signalGroup(pid, signal);
    },
  };
}

/** Leaders of the groups that are there. An agent that fails takes user code with it. */
const endWithAgent = new Set<number>();
process.once("exit", () => {
  for (const leader of endWithAgent) signalGroup(leader, "SIGKILL");
});

function spawnRunner({ options, environment, place }: Start): ChildProcess | Error {
  const packages = options.packagesDir === undefined ? [] : [options.packagesDir];
  try {
    return spawn(process.execPath, [...nodeOptions, options.runnerPath, options.modulesDir, ...packages], {
      cwd: "/tmp",
      env: { ...environment },
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      ...(place.uid === null ? {} : { uid: place.uid, gid: options.userUid ?? place.uid }),
    });
  } catch (error) {
    // Such as an environment or arguments that the system finds too long.
    return new Error(reasonOf(error), { cause: error });
  }
}

function listenTo(child: ChildProcess, channel: unknown, listener: Listener): void {
  child.stdout?.on("data", (chunk: Buffer) => listener.stdout(chunk));
  child.stderr?.on("data", (chunk: Buffer) => listener.stderr(chunk));
  if (!(channel instanceof Duplex)) return;
  let unread = false;
  channel.on("data", (chunk: Buffer) => {
    if (!listener.channel(chunk)) channel.destroy();
  });
  // The kernel says so of a socket that was closed with something in it, or that is closed when it is written to.
  channel.on("error", () => (unread = true));
  channel.on("close", () => listener.channelClosed(unread));
}

function exitOf(child: ChildProcess): Promise<Exit> {
  const { promise, resolve } = Promise.withResolvers<Exit>();
  child.once("error", (error) => resolve({ kind: "unstarted", reason: error.message }));
  child.once("exit", (code, signal) => resolve({ kind: "exited", code, signal }));
  return promise;
}

async function within(event: Promise<unknown>, waitMs: number): Promise<void> {
  const { promise: tooLate, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, waitMs);
  await Promise.race([event, tooLate]);
  clearTimeout(timer);
}

function closeOf(pipe: Duplex): Promise<void> {
  return new Promise((resolve) => pipe.once("close", () => resolve()));
}
