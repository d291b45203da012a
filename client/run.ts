// The run that this process is in, when Drover's runner holds it. The runner puts itself under a well-known symbol; anywhere
// else there is no run.
import type { Event } from "../model/event.ts";
import type { TriggerKind } from "../model/run.ts";

/** What user code may know of its run. */
export type Run = {
  readonly id: string;
  readonly workflow: string;
  /** From 1. */
  readonly attempt: number;
  readonly trigger: Exclude<TriggerKind, "daemon">;
  /** ISO 8601 instant: the due time, for a run of a time schedule. */
  readonly slot: string | null;
  /** The id of the replay that it is part of; null for any other run. */
  readonly replay: string | null;
  /** The id of the event that set it off: `event.id`, or in a replay that of the event of type `replay` about it. */
  readonly cause: string;
  /** How many runs lie between this one and the event that began the chain, this one included. */
  readonly hops: number;
  /** Of the workflow. */
  readonly revision: number;
  /** What set it off, whole; in a replay the event that is replayed. */
  readonly event: Event;
};

/** What the runner offers to this client, within one process. */
export type RunHost = {
  /** The run that was last begun; null in a daemon. */
  readonly current: Run | null;
  onRun(listener: (run: Run) => void): void;
  /** Throws when the value cannot be kept. */
  result(value: unknown): void;
  /** A handler's run is not over before this is, however it ends. */
  hold(work: Promise<unknown>): void;
};

export const runHostKey = Symbol.for("drover.run");

/** The run, as `require("vamp-node-client").run`; a handler sees the next one there with its next call. */
export let run: Run | null = host()?.current ?? null;
host()?.onRun((next) => {
  run = next;
});

/**
 * Sets the result of this run: any JSON up to 64 KiB; the last one given counts, undefined is none. Throws when it cannot be
 * kept, in a handler (whose result is what it returns), and where there is no run.
 */
export function result(value: unknown): void {
  const runner = host();
  if (runner === null)
    throw new Error("there is no run here that could have a result: Drover did not start this process");
  runner.result(value);
}

/** The header by which the gateway knows which run sends a request. */
export function runHeaders(): Readonly<Record<string, string>> {
  return run === null ? {} : { "x-drover-run": run.id };
}

/** What is sent without being awaited still belongs to the run. */
export function holdRun(work: Promise<unknown>): void {
  host()?.hold(work);
}

function host(): RunHost | null {
  const found: unknown = Reflect.get(globalThis, runHostKey);
  return isHost(found) ? found : null;
}

function isHost(found: unknown): found is RunHost {
  return typeof found === "object" && found !== null && "onRun" in found && "hold" in found;
}
