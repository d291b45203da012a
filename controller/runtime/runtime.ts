// What starts containers. Three implementations stand behind this: docker (the default), process (development), fake (tests).
//
//   R1. A handle is plain data: whatever a runtime started it finds again after a restart of the controller, by label alone.
//   R2. `start`, `stop`, `remove` and `release` are idempotent; the reconciler may repeat any of them.
//   R3. A runtime never restarts anything by itself. It reports; the reconciler decides.
import type { Finding } from "../../model/finding.ts";
import type { Network } from "../../model/network.ts";
import type { LockedPackages } from "../packages/lock.ts";
import type { ImageArchive } from "./image-archive.ts";

/** What an instance runs beside the agent. */
export type InstanceWork =
  | { readonly kind: "script"; readonly packages?: LockedPackages }
  | {
      readonly kind: "image";
      readonly image: string;
      readonly environment: Readonly<Record<string, string>>;
      /** With all rights that the engine can give. Only where the installation allows it. */
      readonly privileged?: boolean;
    };

/** `servers`: of NATS, as the agent reaches them. */
export type Reach = { readonly network: Network; readonly servers: readonly string[] };

export type InstanceSpec = {
  /** Unique name of the instance (lifecycle/instance-name.ts); also the container's name after a prefix. */
  readonly instance: string;
  readonly workflow: string;
  readonly deployment: string;
  readonly revision: number;
  readonly work: InstanceWork;
  /** Cores; a limit that holds from `limit` on, so that booting is not slowed by it. */
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly reach: Reach;
  /** Whether the agent has secrets to write into a file system in memory, which user code reads. */
  readonly secretFiles?: boolean;
  /** JSON for the agent's standard input. Holds a credential: never log it, never put it into a label or an argument. */
  readonly assignment: string;
};

export type InstanceState =
  | { readonly kind: "created" }
  | { readonly kind: "running"; readonly startedAt: string }
  | {
      readonly kind: "exited";
      readonly exitCode: number;
      readonly outOfMemory: boolean;
      readonly startedAt: string;
      readonly finishedAt: string;
      /** One sentence: `exited with code 1`, `killed: out of memory`, … */
      readonly reason: string;
    };

/** One instance as the runtime sees it now. */
export type Instance = {
  readonly instance: string;
  readonly workflow: string;
  readonly deployment: string;
  readonly revision: number;
  readonly state: InstanceState;
};

/** Everything of this installation that exists: instances, and workflows of which a network holder or something like it exists. */
export type Inventory = { readonly instances: readonly Instance[]; readonly holders: readonly string[] };

export type LogChunk = { readonly at: string; readonly stream: "stdout" | "stderr"; readonly text: string };

/** What an examination is to know of the installation. */
export type Examination = {
  readonly allowsPrivileged: boolean;
  /** Whether somebody owns containers of this workflow. */
  readonly isKnown: (workflow: string) => boolean;
};

export interface Runtime {
  readonly name: "docker" | "process" | "fake";
  /** Null: there are none. */
  readonly images: ImageArchive | null;
  /** Where agents started by this runtime reach a server that listens on this host, e.g. `172.17.0.1`. */
  hostAddress(): Promise<string>;
  list(): Promise<Inventory>;
  /** Resolves when the container runs. Throws StartError when it cannot; nothing of the instance is left then. */
  start(spec: InstanceSpec): Promise<void>;
  /** Puts the CPU limit of the spec into force. */
  limit(instance: string, cpu: number): Promise<void>;
  /** SIGTERM, then SIGKILL after graceMs; resolves when it has ended. Unknown instances are fine. */
  stop(instance: string, graceMs: number): Promise<void>;
  /** Removes every trace of an instance, killing it when it runs. Unknown instances are fine. */
  remove(instance: string): Promise<void>;
  /** Removes what a workflow's instances share (its network holder). Call it when none of them is left. */
  release(workflow: string): Promise<void>;
  /** The last lines that the instance's container itself wrote: why an agent died before it could speak. */
  lastLines(instance: string, lineCount: number): Promise<readonly string[]>;
  /** Output of a user's own image from `since` on (ISO 8601), until it ends or the signal fires. Scripts have none here. */
  output(instance: string, since: string, signal: AbortSignal): AsyncIterable<LogChunk>;
  /** Removes what was made for npm packages that none of these have been for a while. */
  tidy(needed: readonly LockedPackages[], nowMs: number): Promise<void>;
  /** How well instances are kept apart, as things are now. */
  examine(known: Examination): Promise<readonly Finding[]>;
  /** Wakes the reconciler when something of this installation starts or ends. Ends with the signal; survives engine restarts. */
  events(signal: AbortSignal): AsyncIterable<{ readonly instance: string | null }>;
}

/** Why an instance could not start. */
export class StartError extends Error {
  readonly code: "image-unavailable" | "engine-unavailable" | "refused";
  constructor(code: StartError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
