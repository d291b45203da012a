// A runner as the agent sees it: one process that waits for its script, executes it, and stays when it is a handler.
//
//   X1. `waiting` costs nothing but memory. Then it is `busy` with one run at a time, `standing-by` between the runs of a handler,
//       and `gone` when its process has ended; it does not come back.
//   X2. A run ends by itself, at its time limit, or when stopped: SIGTERM to the process group, SIGKILL to what is left after
//       stopGraceMs. Whoever breaks the rules of the channel is killed at once.
//   X3. Every way to end is an Outcome, also that the process could not be started; nothing here rejects.
//   X4. What is written to stdout and stderr belongs to the run that was begun last, and all that was written before an answer
//       is heard before that answer counts.
import type { Run } from "../client/run.ts";
import { type Mask, noMask } from "../model/mask.ts";
import type { Outcome } from "../model/run.ts";
import { createDeadlines, type Deadlines } from "./deadlines.ts";
import type { Clock } from "./clock.ts";
import { createFrameReader } from "./frames.ts";
import { createLastWords } from "./last-words.ts";
import type { AgentOptions } from "./options.ts";
import { type MemoryKills, createMemoryKills } from "./out-of-memory.ts";
import type { RunOutput } from "./output.ts";
import { type Call, type Limits, type Performance, beginCall, stoppedBy } from "./runner-call.ts";
import { type FromRunner, type ToRunner, fromRunnerBytesMax, parseFromRunner } from "./runner-frames.ts";
import { type Cut, type Exit, outcomeOf } from "./runner-outcome.ts";
import { type Place, startRunnerProcess } from "./runner-process.ts";

export type Script = { readonly name: string; readonly source: string };

export type Runner = {
  readonly pid: number | undefined;
  readonly state: "waiting" | "busy" | "standing-by" | "gone";
  /** Whether its process has loaded all that it can load before it knows its script. */
  readonly isBooted: boolean;
  /** Whether it was ever given a script. */
  readonly wasBegun: boolean;
  readonly ended: Promise<void>;
  /** The script, for a run (null: as a daemon), while `waiting`; another run while `standing-by`. */
  perform(script: Script, run: Run | null, output: RunOutput, limits: Limits): Promise<Performance>;
  /** Ends the process: at once, or with a grace when a handler may have something to put in order. */
  end(): Promise<void>;
};

export type RunnerParts = {
  readonly options: AgentOptions;
  readonly environment: Readonly<Record<string, string>>;
  readonly place: Place;
  readonly deadlines: Deadlines;
  readonly memoryKills: MemoryKills;
  /** Hides the secrets of the workflow in what the process said last. */
  readonly mask: Mask;
  /** The module's top level has run. */
  readonly onLoaded: (handler: boolean) => void;
};

/** How long a handler's process may live on without its channel: when it dies, either may be noticed first. */
const channelLostMs = 1_000;

const rulesBroken =
  "file descriptor 3 of the process belongs to Drover: it was closed, or something else than Drover wrote to it";

export function bootRunner(parts: RunnerParts): Runner {
  const { deadlines, memoryKills } = parts;
  const lastWords = createLastWords(parts.mask);
  const killsBefore = memoryKills.count();
  let state: Runner["state"] = "waiting";
  let isBooted = false;
  let wasBegun = false;
  let handler = false;
  let unread = false;
  let output: RunOutput | null = null;
  let call: Call | null = null;
  let graceMs = 0;
  let spareKill = (): void => {};

  const frames = createFrameReader(fromRunnerBytesMax, (document) => {
    const said = parseFromRunner(document);
    return said !== null && hear(said);
  });
  const runnerProcess = startRunnerProcess(parts, {
    hadScript: () => wasBegun,
    stdout(chunk) {
      output?.stdout(chunk);
    },
    stderr(chunk) {
      output?.stderr(chunk);
      lastWords.write(chunk);
    },
    channel: (chunk) => frames.read(chunk) || breakOff(),
    channelClosed(withUnread) {
      unread ||= withUnread;
      // A script may do without the channel.
      if (handler) deadlines.add(channelLostMs, breakOff);
    },
  });
  const ended = runnerProcess.ended.then(onGone);

  return {
    pid: runnerProcess.pid,
    ended,
    get state() {
      return state;
    },
    get isBooted() {
      return isBooted;
    },
    get wasBegun() {
      return wasBegun;
    },
    perform(script, run, to, limits) {
      const { promise, resolve } = Promise.withResolvers<Performance>();
      // What came since the last run's answer was still that run's.
      output?.end();
      output = to;
      lastWords.clear();
      const current = beginCall(limits, { deadlines, settle: resolve, cutShort });
      call = current;
      state = "busy";
      wasBegun = true;
      graceMs = limits.stopGraceMs;
      const frame: ToRunner = handler && run !== null ? { kind: "call", run } : { kind: "load", ...script, run };
      if (limits.signal.aborted) cutShort(current, stoppedBy(limits.signal));
      else runnerProcess.send(JSON.stringify(frame));
      return promise;
    },
    async end() {
      if (handler) terminate(graceMs);
      else runnerProcess.signal("SIGKILL");
      await ended;
    },
  };

  /** False: a runner does not say this now. */
  function hear(said: FromRunner): boolean {
    if (said.kind === "ready") {
      isBooted = true;
      return true;
    }
    // A handler may die of something that it left behind when its run was over.
    if (call === null) return said.kind === "uncaught";
    call.begun = true;
    switch (said.kind) {
      case "loaded":
        handler = said.handler;
        parts.onLoaded(handler);
        return true;
      case "result":
        call.result = said.value;
        return !handler;
      case "answered":
        return answered(call, {
          kind: "completed",
          exitCode: 0,
          ...(said.value !== undefined && { result: said.value }),
        });
      case "threw":
        return answered(call, { kind: "failed", exitCode: null, error: said.error });
      case "uncaught":
        call.uncaught = said.error;
        return true;
    }
  }

  function answered(current: Call, answer: Outcome): boolean {
    if (!handler || current.answer !== null) return false;
    if (current.cut !== null) return true;
    current.answer = answer;
    setImmediate(standBy, current);
    return true;
  }

  function standBy(current: Call): void {
    if (call !== current || current.answer === null) return;
    state = "standing-by";
    finish(current, current.answer);
  }

  function finish(current: Call, outcome: Outcome): void {
    call = null;
    current.release();
    output?.end();
    current.settle({ outcome, begun: current.begun || !unread });
  }

  function cutShort(current: Call, cut: Cut): void {
    if (current.cut !== null || current.answer !== null) return;
    current.cut = cut;
    terminate(current.limits.stopGraceMs);
  }

  function breakOff(): false {
    if (call !== null) call.cut ??= { kind: "broken", reason: rulesBroken };
    runnerProcess.signal("SIGKILL");
    return false;
  }

  function terminate(withinMs: number): void {
    runnerProcess.signal("SIGTERM");
    spareKill = deadlines.add(withinMs, () => runnerProcess.signal("SIGKILL"));
  }

  function onGone(exit: Exit): void {
    state = "gone";
    spareKill();
    if (call === null) {
      output?.end();
      return;
    }
    const { cut, answer, result, uncaught } = call;
    const outOfMemory = exit.kind === "exited" && exit.signal === "SIGKILL" && memoryKills.claim(killsBefore);
    const ending = { exit, cut, handler, result, uncaught, stderr: lastWords.text(), outOfMemory };
    finish(call, answer ?? outcomeOf(ending));
  }
}

/** A daemon's runner: executes the script once, and never stands by. */
export function boot(
  options: AgentOptions,
  environment: Readonly<Record<string, string>>,
  clock: Clock,
  mask: Mask = noMask,
): { execute(script: Script, output: RunOutput, limits: Limits): Promise<Outcome> } {
  const deadlines = createDeadlines(clock);
  const place = { uid: options.userUid, spared: () => new Set<number>() };
  const memoryKills = createMemoryKills();
  const runner = bootRunner({ options, environment, place, deadlines, memoryKills, mask, onLoaded: () => {} });
  return {
    async execute(script, output, limits) {
      const { outcome } = await runner.perform(script, null, output, limits);
      deadlines.close();
      return outcome;
    },
  };
}
