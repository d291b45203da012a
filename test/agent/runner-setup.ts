// Runners as an agent has them, from the shipped bundle, with runs and outputs for tests.
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { readFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock } from "../../agent/clock.ts";
import type { AgentOptions } from "../../agent/options.ts";
import type { RunOutput } from "../../agent/output.ts";
import type { Limits } from "../../agent/runner-call.ts";
import { type RunToExecute, type Runners, type RunnersParts, createRunners } from "../../agent/runners.ts";
import { bundleAgent } from "../../controller/runtime/agent-bundle.ts";
import type { Outcome } from "../../model/run.ts";

export const isRoot = process.getuid?.() === 0;
/** A uid that nobody else uses, as in a container; the nine after it neither. Test files run beside each other. */
export const ownUid = 20_000 + (process.pid % 3_000) * 10;

export type RunnerFolder = { readonly options: AgentOptions; [Symbol.asyncDispose](): Promise<void> };

export async function bundledRunner(): Promise<RunnerFolder> {
  const dir = await mkdtemp(join(tmpdir(), "drover-runner-test-"));
  await chmod(dir, 0o755);
  for (const { path, contents } of (await bundleAgent()).files) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), contents);
  }
  const options = {
    runnerPath: join(dir, "runner.cjs"),
    modulesDir: join(dir, "node_modules"),
    userUid: isRoot ? ownUid : null,
    ownsUser: isRoot,
  };
  return { options, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

/** Everything that a run wrote. */
export type Recorder = RunOutput & { readonly text: string; readonly ends: number; until(part: string): Promise<void> };

export function recorder(): Recorder {
  let text = "";
  let ends = 0;
  let wake = (): void => {};
  const add = (chunk: Buffer): void => {
    text += chunk.toString();
    wake();
  };
  return {
    get text() {
      return text;
    },
    get ends() {
      return ends;
    },
    stdout: add,
    stderr: add,
    end: () => void (ends += 1),
    async until(part) {
      while (!text.includes(part)) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

export function runToExecute(value: unknown = null, rest: Partial<RunToExecute> = {}): RunToExecute {
  return {
    id: "r-1",
    workflow: "hello",
    trigger: "event",
    event: { id: "e-1", source: "/api", type: "order", tags: ["orders"], value, timestamp: "2030-01-01T00:00:00.000Z" },
    hops: 1,
    slot: null,
    queuedAt: "2030-01-01T00:00:00.001Z",
    createdAt: null,
    attemptsBefore: 0,
    attempt: 1,
    ...rest,
  };
}

export type Pool = {
  readonly runners: Runners;
  run(value?: unknown, limits?: Partial<Limits>): Promise<{ outcome: Outcome; text: string }>;
  [Symbol.asyncDispose](): Promise<void>;
};

export function startPool(
  options: AgentOptions,
  source: string,
  { environment = {}, ...parts }: Partial<RunnersParts> = {},
): Pool {
  const path = { PATH: process.env["PATH"] ?? "" };
  const runners = createRunners(
    options,
    { name: "hello", source },
    { environment: { ...path, ...environment }, clock: systemClock, concurrency: 1, revision: 7, ...parts },
  );
  return {
    runners,
    async run(value, limits) {
      const output = recorder();
      const outcome = await runners.execute(runToExecute(value), output, limitsWith(limits));
      return { outcome, text: output.text };
    },
    [Symbol.asyncDispose]: () => runners.close(),
  };
}

export function limitsWith(limits: Partial<Limits> = {}): Limits {
  return { timeoutMs: 30_000, stopGraceMs: 5_000, signal: new AbortController().signal, ...limits };
}

/** Whether a process is there and not only waits to be buried. */
export function isAlive(pid: number): boolean {
  return statusOf(pid) !== null;
}

/** The live processes of a uid. */
export function processesOf(uid: number): number[] {
  return processesWith(new RegExp(`^Uid:\\s*${uid}\\b`, "m"));
}

/** The live processes that a process has started. */
export function childrenOf(parent: number): number[] {
  return processesWith(new RegExp(`^PPid:\\s*${parent}$`, "m"));
}

function processesWith(line: RegExp): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => line.test(statusOf(pid) ?? ""));
}

function statusOf(pid: number): string | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return /^State:\s*[ZX]/m.test(status) ? null : status;
  } catch {
    return null;
  }
}
