// The real command in a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const command = join(import.meta.dirname, "../../cli/main.js");

export type Ended = { code: number | null; stdout: string; stderr: string };

export type Running = {
  readonly child: ChildProcess;
  /** Resolves when that text has come out, on the one or the other stream. */
  said(expected: string): Promise<void>;
  readonly ended: Promise<Ended>;
  [Symbol.asyncDispose](): Promise<void>;
};

type How = { url?: string; environment?: Record<string, string>; stdin?: string };

/** No configuration of the person who runs the tests is read. */
export function startDrover(parameters: readonly string[], { url, environment, stdin = "" }: How = {}): Running {
  const env = { PATH: process.env["PATH"], HOME: "/nonexistent", ...(url && { DROVER_URL: url }), ...environment };
  const child = spawn(process.execPath, [command, ...parameters], { env, stdio: "pipe" });
  child.stdin.end(stdin);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk) => (stderr += chunk));
  const ended = once(child, "close").then(() => ({ code: child.exitCode, stdout, stderr }));
  return {
    child,
    async said(expected) {
      while (!(stdout + stderr).includes(expected)) {
        if (child.exitCode !== null)
          throw new Error(`drover ended without saying "${expected}", but: ${stdout}${stderr}`);
        const settled = new AbortController();
        const { signal } = settled;
        const heard = [once(child.stdout, "data", { signal }), once(child.stderr, "data", { signal })];
        await Promise.race([...heard, once(child, "exit", { signal })].map((one) => one.catch(() => {})));
        settled.abort();
      }
    },
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

export async function drover(parameters: readonly string[], how: How = {}): Promise<Ended> {
  return startDrover(parameters, how).ended;
}
