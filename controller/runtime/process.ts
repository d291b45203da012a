// The development runtime: the same agent as a plain process of this host, with no isolation at all. It survives the controller
// as a container does, and is found again by its record (R1).
//
//   P1. The assignment is handed over only after the record is written: an agent that no record knows of reads an empty input
//       and ends.
//   P2. An exit code is known only to the controller that started the process; a later one says that it does not know.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { join } from "node:path";
import { warning } from "../../model/finding.ts";
import type { AgentEntries } from "./agent-bundle.ts";
import { ensureAgentFolder } from "./agent-folder.ts";
import { createEventChannel } from "./event-channel.ts";
import { createOncePerKey } from "./once-per-key.ts";
import type { ArchiveOf } from "./package-files.ts";
import { createPackageFolders } from "./package-folder.ts";
import { endProcess } from "./process-end.ts";
import { assign, launch } from "./process-launch.ts";
import { lastLinesOf, trimLog } from "./process-log.ts";
import { type ProcessRecord, openProcessRecords } from "./process-records.ts";
import { type ProcessIdentity, isAlive } from "./process-tree.ts";
import { type Instance, type InstanceSpec, type InstanceState, type Runtime, StartError } from "./runtime.ts";

/** How late the end of a process that another controller started is noticed. */
const watchEveryMs = 1_000;
const unknownExitCode = -1;
/** A process that a signal ended has no exit code; shells and Docker count from here. */
const signalExitBase = 128;

export type ProcessRuntimeOptions = {
  /** Records and logs lie in `process/` in here. */
  readonly home: string;
  readonly archiveOf?: ArchiveOf;
  readonly log: (line: string) => void;
  /** Other sources for the agent than the project's own. */
  readonly entries?: AgentEntries;
};

type Exited = Extract<InstanceState, { kind: "exited" }>;
type Ending = Pick<Exited, "exitCode" | "reason">;

export async function createProcessRuntime(options: ProcessRuntimeOptions): Promise<Runtime> {
  options.log("DROVER_RUNTIME=process: workflows run as plain processes of this host, WITHOUT ISOLATION or limits");
  const records = await openProcessRecords(join(options.home, "process"));
  const packageFolders = createPackageFolders(options);
  const channel = createEventChannel();
  const onceStart = createOncePerKey<void>();
  /** Processes that this controller started: their ends are told, those of others are looked for. */
  const own = new Map<string, { readonly child: ChildProcess; readonly settled: Promise<void> }>();
  let lastStates = "";
  let lastChange: Promise<unknown> = Promise.resolve();

  return {
    name: "process",
    images: null,
    hostAddress: () => Promise.resolve("127.0.0.1"),
    list,
    start: (spec) => onceStart(spec.instance, () => start(spec)),
    limit: () => Promise.resolve(),
    stop: (instance, graceMs) => end(instance, graceMs),
    async remove(instance) {
      await end(instance, 0);
      own.delete(instance);
      await inTurn(() => records.remove(instance));
      channel.emit(instance);
    },
    release: () => Promise.resolve(),
    lastLines: (instance, lineCount) => lastLinesOf(records.logPath(instance), lineCount),
    async *output() {},
    tidy: (needed, nowMs) => packageFolders.tidy(needed, nowMs),
    examine: () =>
      Promise.resolve([
        warning(
          "runtime",
          "workflows are plain processes of this host, without isolation",
          "use DROVER_RUNTIME=docker",
        ),
      ]),
    async *events(signal) {
      const watch = setInterval(() => void lookForChanges().catch(() => {}), watchEveryMs);
      watch.unref();
      try {
        yield* channel.events(signal);
      } finally {
        clearInterval(watch);
      }
    },
  };

  /** Also tells of what another controller has found out and written first. */
  async function lookForChanges(): Promise<void> {
    const { instances } = await list();
    const states = instances.map(({ instance, state }) => `${instance} ${state.kind}`).join("\n");
    if (states !== lastStates) channel.emit(null);
    lastStates = states;
  }

  async function list(): Promise<{ instances: readonly Instance[]; holders: readonly string[] }> {
    const instances = await Promise.all((await records.all()).map(observe));
    await Promise.all(instances.map(({ instance }) => trimLog(records.logPath(instance))));
    return { instances, holders: [] };
  }

  async function start(spec: InstanceSpec): Promise<void> {
    if (spec.work.kind === "image") {
      throw new StartError("refused", "the process runtime cannot run images; use DROVER_RUNTIME=docker");
    }
    if (spec.reach.network !== "bridge") {
      const wanted = `network: ${spec.reach.network}`;
      throw new StartError(
        "refused",
        `${wanted} needs containers, and the process runtime has none; use DROVER_RUNTIME=docker`,
      );
    }
    const present = await records.read(spec.instance);
    if (present?.state.kind === "running" && (await isAlive(present.state.process))) return;
    const { instance, workflow, deployment, revision } = spec;
    const { packages } = spec.work;
    const packagesDir = packages === undefined ? null : await packageFolders.ensure(packages);
    const folder = await ensureAgentFolder(options);
    await inTurn(() => records.remove(instance));
    const { child, identity } = await launch({ folder, packagesDir, logPath: records.logPath(instance) }).catch(
      async (error: unknown) => {
        await records.remove(instance);
        throw new StartError("refused", `the agent's process cannot be started: ${String(error)}`, { cause: error });
      },
    );
    const startedAt = new Date().toISOString();
    const state = { kind: "running", startedAt, process: identity } as const;
    const recorded = inTurn(() => records.write({ instance, workflow, deployment, revision, state }));
    own.set(instance, { child, settled: whenEnded(child).then((ending) => settle(instance, { identity, ending })) });
    await recorded;
    assign(child, spec.assignment);
    channel.emit(instance);
  }

  /** The record as it is now: a process that another controller started and that is gone gets its ending here. */
  async function observe(record: ProcessRecord): Promise<Instance> {
    const { instance, state } = record;
    if (state.kind === "running" && !own.has(instance) && !(await isAlive(state.process))) {
      await settle(instance, { identity: state.process, ending: endedUnwatched });
    }
    return toInstance((await records.read(instance)) ?? record);
  }

  async function end(instance: string, graceMs: number): Promise<void> {
    const record = await records.read(instance);
    if (record?.state.kind !== "running") return;
    const identity = record.state.process;
    if (!(await endProcess(identity, graceMs))) {
      throw new StartError("refused", `the process ${identity.pid} of ${instance} does not end`);
    }
    await (own.get(instance)?.settled ?? settle(instance, { identity, ending: endedUnwatched }));
  }

  /** Writes how a process ended, once, and only into the record of that very process. */
  async function settle(instance: string, how: { identity: ProcessIdentity; ending: Ending }): Promise<void> {
    await inTurn(async () => {
      const record = await records.read(instance);
      if (record?.state.kind !== "running" || record.state.process.startMark !== how.identity.startMark) return;
      const { startedAt } = record.state;
      const finishedAt = new Date().toISOString();
      const state: Exited = { kind: "exited", outOfMemory: false, startedAt, finishedAt, ...how.ending };
      await records.write({ ...record, state });
    });
    channel.emit(instance);
  }

  /** Changes of records follow one another, so that none brings back what another has just removed. */
  function inTurn(change: () => Promise<void>): Promise<void> {
    const mine = lastChange.then(change);
    lastChange = mine.catch(() => {});
    return mine;
  }
}

const endedUnwatched: Ending = {
  exitCode: unknownExitCode,
  reason: "ended while no controller watched it, so its exit code is unknown",
};

async function whenEnded(child: ChildProcess): Promise<Ending> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  const { exitCode, signalCode } = child;
  if (signalCode === null) return { exitCode: exitCode ?? unknownExitCode, reason: `exited with code ${exitCode}` };
  return { exitCode: signalExitBase + constants.signals[signalCode], reason: `killed by ${signalCode}` };
}

function toInstance({ instance, workflow, deployment, revision, state }: ProcessRecord): Instance {
  const shown: InstanceState = state.kind === "running" ? { kind: "running", startedAt: state.startedAt } : state;
  return { instance, workflow, deployment, revision, state: shown };
}
