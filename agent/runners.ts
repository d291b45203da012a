// The runners of one agent: who executes the next run, and what is booted for the one after.
//
//   U1. A run goes to a handler that stands by, else to a runner that waits for its script, else to one that is booted for it.
//   U2. At most one runner waits (under load two, U5), and none once there are handlers for all runs at the same time. The next
//       one boots when the run that took the last one has its script.
//   U3. A runner that died before it heard of its run is replaced once, and nobody notices; so is a handler that dies between
//       two runs.
//   U4. Where the agent owns the uids of user code, runs at the same time have different ones, so that what one leaves behind is
//       found without hitting another.
//   U5. When runs come faster than a runner boots, two wait from then on, until the demand has ended for a while.
import { type QueuedRun, causeOf } from "../bus/run-message.ts";
import type { Run } from "../client/run.ts";
import { type Mask, noMask } from "../model/mask.ts";
import type { Outcome } from "../model/run.ts";
import type { Clock } from "./clock.ts";
import { createDeadlines } from "./deadlines.ts";
import { maskedOutcome } from "./masked-outcome.ts";
import type { AgentOptions } from "./options.ts";
import { createMemoryKills } from "./out-of-memory.ts";
import type { RunOutput } from "./output.ts";
import { type Runner, type Script, bootRunner } from "./runner.ts";
import type { Limits, Performance } from "./runner-call.ts";

export type RunToExecute = QueuedRun & { readonly attempt: number };

export type Runners = {
  /** Executes one attempt of a run; never rejects. At most `concurrency` at a time; the caller sees to that. */
  execute(run: RunToExecute, output: RunOutput, limits: Limits): Promise<Outcome>;
  /** Boots what the next run will need; called once at start. */
  warm(): void;
  /** Ends the runners that wait or stand by; one that is busy ends with its run. */
  close(): Promise<void>;
};

export type RunnersParts = {
  /** All that user code sees. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly concurrency: number;
  /** One runner, for one run. */
  readonly singleUse?: boolean;
  /** Of the workflow; handed on to user code. */
  readonly revision: number;
  /** Hides the secrets of the workflow in how runs end. */
  readonly mask?: Mask;
};

/** How long after a run that found no booted runner two are kept. */
const demandMs = 10_000;

/** A short run is over by then. Booting beside it would take it twice as long. */
const bootAfterMs = 20;

/** `unknown` until the module's top level has run for the first time. */
type Shape = "unknown" | "script" | "handler";

export function createRunners(options: AgentOptions, script: Script, parts: RunnersParts): Runners {
  const { environment, clock, concurrency, singleUse = false, revision, mask = noMask } = parts;
  const deadlines = createDeadlines(clock);
  const memoryKills = createMemoryKills();
  /** Every runner whose process is there, with its uid. */
  const runners = new Map<Runner, number | null>();
  /** The one that answered last comes first: its code is still in the processor's caches. */
  const standingBy: Runner[] = [];
  let shape: Shape = "unknown";
  let demandUntilMs = 0;
  let closing = false;

  return {
    async execute(run, output, limits) {
      const context = contextOf(run, revision);
      const first = await perform(take(), context, output, limits);
      if (first.begun || first.outcome.kind !== "failed") return maskedOutcome(first.outcome, mask);
      const second = await perform(bootOne(), context, output, limits);
      return maskedOutcome(second.outcome, mask);
    },
    warm() {
      if (waiting().length === 0) bootOne();
    },
    async close() {
      closing = true;
      const idle = [...runners.keys()].filter(({ state }) => state !== "busy");
      await Promise.all(idle.map((runner) => runner.end()));
      if (runners.size === 0) deadlines.close();
    },
  };

  async function perform(runner: Runner, run: Run, output: RunOutput, limits: Limits): Promise<Performance> {
    const isFirst = runner.state !== "standing-by";
    const performing = runner.perform(script, run, output, limits);
    if (isFirst) deadlines.add(isInDemand() ? 0 : bootAfterMs, prepare);
    const performance = await performing;
    if (runner.state !== "standing-by") return performance;
    if (closing) void runner.end();
    else standingBy.push(runner);
    return performance;
  }

  function take(): Runner {
    for (let runner = standingBy.pop(); runner !== undefined; runner = standingBy.pop()) {
      if (runner.state === "standing-by") return runner;
    }
    const [runner = bootOne()] = waiting();
    if (!runner.isBooted) demandUntilMs = clock.now() + demandMs;
    return runner;
  }

  /** Boots what is missing for the next run. */
  function prepare(): void {
    if (closing || singleUse) return;
    for (let missing = waitingWanted() - waiting().length; missing > 0; missing -= 1) bootOne();
  }

  function waitingWanted(): number {
    switch (shape) {
      case "unknown":
        return 0;
      case "script":
        return isInDemand() ? 2 : 1;
      case "handler":
        return runners.size - waiting().length < concurrency ? 1 : 0;
    }
  }

  function isInDemand(): boolean {
    return clock.now() < demandUntilMs;
  }

  /** Those that are nearest to being ready come first. */
  function waiting(): Runner[] {
    return [...runners.keys()].filter(({ state }) => state === "waiting");
  }

  function bootOne(): Runner {
    const uid = freePlace();
    const runner = bootRunner({
      options,
      environment,
      place: { uid, spared: () => runnersUnder(uid) },
      deadlines,
      memoryKills,
      mask,
      onLoaded: (handler) => (shape = handler ? "handler" : "script"),
    });
    runners.set(runner, uid);
    void runner.ended.then(() => onEnded(runner));
    return runner;
  }

  function onEnded(runner: Runner): void {
    runners.delete(runner);
    // Code that ends before its top level has run is a script as far as this matters.
    if (runner.wasBegun && shape === "unknown") shape = "script";
    // One that never had a script would most likely die again; the next run finds out.
    // Its outcome goes on its way before that: starting a process holds up everything else for some milliseconds.
    if (runner.wasBegun) setImmediate(prepare);
    if (closing && runners.size === 0) deadlines.close();
  }

  /** With one run at a time there is one uid, so that runs find each other's files. */
  function freePlace(): number | null {
    const { userUid, ownsUser } = options;
    if (userUid === null || !ownsUser || concurrency === 1) return userUid;
    const taken = new Set(runners.values());
    let uid = userUid;
    while (taken.has(uid)) uid += 1;
    return uid;
  }

  function runnersUnder(uid: number | null): ReadonlySet<number> {
    const pids = [...runners].filter(([, under]) => under === uid).map(([{ pid }]) => pid);
    return new Set(pids.filter((pid) => pid !== undefined));
  }
}

function contextOf(run: RunToExecute, revision: number): Run {
  const { id, workflow, attempt, trigger, slot, replay, hops, event } = run;
  return {
    id,
    workflow,
    attempt,
    trigger,
    slot,
    replay: replay?.id ?? null,
    cause: causeOf(run),
    hops,
    revision,
    event,
  };
}
