// The agent as it is shipped, bundled, as a process of its own that is given its assignment on standard input.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Assignment } from "../../bus/assignment.ts";
import { agentFile, bundleAgent } from "../../controller/runtime/agent-bundle.ts";

export type AgentProcess = {
  readonly child: ChildProcess;
  /** The agent's own log so far. */
  readonly log: string;
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number | null>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type AgentFolder = {
  start(assignment: Assignment | string, env?: Readonly<Record<string, string>>): AgentProcess;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Bundles agent, runner and client into a folder that user code can read. */
export async function bundledAgent(): Promise<AgentFolder> {
  const dir = await mkdtemp(join(tmpdir(), "drover-agent-test-"));
  await chmod(dir, 0o755);
  for (const { path, contents } of (await bundleAgent()).files) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), contents);
  }
  return {
    start: (assignment, env = {}) => startAgentProcess(join(dir, agentFile), assignment, env),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

function startAgentProcess(
  entry: string,
  assignment: Assignment | string,
  env: Readonly<Record<string, string>>,
): AgentProcess {
  const child = spawn(process.execPath, [entry], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  child.stdin.on("error", () => {});
  child.stdin.end(typeof assignment === "string" ? assignment : JSON.stringify(assignment));
  const ended = once(child, "close");
  const stop = async (): Promise<number | null> => {
    child.kill("SIGTERM");
    await ended;
    return child.exitCode;
  };
  return {
    child,
    get log() {
      return log;
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}
