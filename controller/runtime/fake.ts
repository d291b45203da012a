// A runtime for tests: no process, no container, and everything that can happen to one happens when the test says so. It keeps the
// rules of the interface: handles are found again by whoever asks (R1), every call may be repeated (R2), nothing restarts (R3).
import { createEventChannel } from "./event-channel.ts";
import {
  type Instance,
  type InstanceSpec,
  type InstanceState,
  type LogChunk,
  type Runtime,
  StartError,
} from "./runtime.ts";

const stoppedBySignal = 143;
const killedBySignal = 137;

export type FakeExit = { readonly exitCode: number; readonly outOfMemory?: boolean; readonly reason?: string };

/** The runtime, and the strings that a test pulls. */
export type FakeRuntime = Runtime & {
  /** Every start that succeeded, in order. */
  readonly started: readonly InstanceSpec[];
  /** The CPU limit in force, by instance. */
  readonly limits: ReadonlyMap<string, number>;
  /** The instance ends by itself. */
  exit(instance: string, exit: FakeExit): void;
  /** The next start, of whichever instance, throws this and leaves nothing. */
  failNextStart(error: StartError): void;
  /** Starts wait from now on; the returned function lets them go. */
  holdStarts(): () => void;
  /** A start that the controller died in: the instance exists and never ran. */
  leaveHalfStarted(spec: InstanceSpec): void;
  /** The workflow's network holder ends, and with it the use of all its instances. */
  endHolder(workflow: string): void;
  /** While away, every call throws `engine-unavailable`; instances go on. */
  setEngineAway(away: boolean): void;
  /** A line that the instance's container itself wrote. */
  say(instance: string, line: string): void;
};

type Entry = { readonly spec: InstanceSpec; readonly state: InstanceState; readonly lines: readonly LogChunk[] };

export function createFakeRuntime(options: { now?: () => Date } = {}): FakeRuntime {
  const now = () => (options.now?.() ?? new Date()).toISOString();
  const entries = new Map<string, Entry>();
  const holders = new Set<string>();
  const limits = new Map<string, number>();
  const started: InstanceSpec[] = [];
  const failures: StartError[] = [];
  const channel = createEventChannel();
  let gate: Promise<void> = Promise.resolve();
  let away = false;

  return {
    name: "fake",
    images: null,
    started,
    limits,
    hostAddress: () => Promise.resolve("127.0.0.1"),
    examine: () => Promise.resolve([]),
    tidy: () => Promise.resolve(),
    async list() {
      answer();
      return { instances: [...entries.values()].map(toInstance), holders: [...holders] };
    },
    start,
    async limit(instance, cpu) {
      answer();
      if (entries.has(instance)) limits.set(instance, cpu);
    },
    async stop(instance, graceMs) {
      answer();
      const killed = graceMs <= 0;
      end(instance, { exitCode: killed ? killedBySignal : stoppedBySignal });
    },
    async remove(instance) {
      answer();
      limits.delete(instance);
      if (entries.delete(instance)) channel.emit(instance);
    },
    async release(workflow) {
      answer();
      holders.delete(workflow);
    },
    async lastLines(instance, lineCount) {
      answer();
      return (entries.get(instance)?.lines ?? []).slice(-lineCount).map((line) => line.text.trimEnd());
    },
    async *output(instance, since) {
      for (const line of entries.get(instance)?.lines ?? []) if (line.at >= since) yield line;
    },
    events: (signal) => channel.events(signal),

    exit: end,
    failNextStart: (error) => void failures.push(error),
    holdStarts() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    leaveHalfStarted: (spec) => put(spec, { kind: "created" }),
    endHolder(workflow) {
      holders.delete(workflow);
      const joined = [...entries.values()].filter(
        ({ spec }) => spec.workflow === workflow && spec.work.kind === "script",
      );
      for (const { spec } of joined) end(spec.instance, { exitCode: -1, reason: "its network holder ended" });
    },
    setEngineAway(value) {
      away = value;
      if (!away) channel.emit(null);
    },
    say(instance, line) {
      const entry = entries.get(instance);
      if (!entry) return;
      const chunk: LogChunk = { at: now(), stream: "stdout", text: `${line}\n` };
      entries.set(instance, { ...entry, lines: [...entry.lines, chunk] });
    },
  };

  async function start(spec: InstanceSpec): Promise<void> {
    answer();
    if (entries.get(spec.instance)?.state.kind === "running") return;
    put(spec, { kind: "created" });
    await gate;
    const failure = failures.shift();
    if (failure) {
      entries.delete(spec.instance);
      throw failure;
    }
    // Removed while it started: as with a container, there is nothing left to run.
    if (!entries.has(spec.instance)) throw new StartError("refused", `${spec.instance} was removed while it started`);
    if (spec.work.kind === "script") holders.add(spec.workflow);
    put(spec, { kind: "running", startedAt: now() });
    started.push(spec);
  }

  function put(spec: InstanceSpec, state: InstanceState): void {
    entries.set(spec.instance, { spec, state, lines: [] });
    channel.emit(spec.instance);
  }

  function end(instance: string, exit: FakeExit): void {
    const entry = entries.get(instance);
    if (entry?.state.kind !== "running") return;
    const { exitCode, outOfMemory = false, reason = `exited with code ${exitCode}` } = exit;
    const { startedAt } = entry.state;
    const state: InstanceState = { kind: "exited", exitCode, outOfMemory, startedAt, finishedAt: now(), reason };
    entries.set(instance, { ...entry, state });
    channel.emit(instance);
  }

  function answer(): void {
    if (away) throw new StartError("engine-unavailable", "the engine does not answer (fake)");
  }
}

function toInstance({ spec, state }: Entry): Instance {
  const { instance, workflow, deployment, revision } = spec;
  return { instance, workflow, deployment, revision, state };
}
