// One of the benchmark's own servers, in a process of its own. Disposing of it ends the process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export type ServerProcess = AsyncDisposable & { readonly url: string; readonly pid: number };

/** Resolves when the program has written its address. Throws when it ends before. */
export async function startServer(program: URL, args: readonly string[] = []): Promise<ServerProcess> {
  const child = spawn(process.execPath, [program.pathname, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const [url] = (await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended])) as [unknown];
  if (typeof url !== "string") throw new Error(`${program.pathname} ended at its start`);
  return {
    url,
    pid: child.pid as number,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
