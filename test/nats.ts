// A real nats-server with JetStream and a file store in a folder of its own, for one test; it leaves nothing behind.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const startWaitMs = 15_000;
const pollMs = 10;

export type TestNats = {
  /** The same over restarts. */
  readonly url: string;
  /** SIGTERM: the server writes its state. Resolves when it has ended. */
  stop(): Promise<void>;
  /** SIGKILL: as a crash. Resolves when it has ended. */
  kill(): Promise<void>;
  /** SIGSTOP: it holds its connections and answers nothing, until it is killed. */
  freeze(): void;
  /** Starts it on the same port and store, after ending it if it runs. */
  restart(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Resolves when the server accepts clients. Use it with `await using`. `host` is where it listens. */
export async function startNats(host = "127.0.0.1"): Promise<TestNats> {
  const dir = await mkdtemp(join(tmpdir(), "drover-nats-"));
  let child = launch(dir, host, -1);
  const port = await portOf(dir, child);

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };
  return {
    url: `nats://${host}:${port}`,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    freeze: () => void child.kill("SIGSTOP"),
    async restart() {
      await end("SIGTERM");
      child = launch(dir, host, port);
      await portOf(dir, child);
    },
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function launch(dir: string, host: string, port: number): ChildProcess {
  const args = ["-js", "-a", host, "-p", String(port), "-sd", join(dir, "store"), "--ports_file_dir", dir];
  return spawn("nats-server", args, { stdio: "ignore" });
}

/** The server writes the file when it is ready; its name holds the process id, so one of an earlier start does not count. */
async function portOf(dir: string, child: ChildProcess): Promise<number> {
  let failure: string | null = null;
  child.once("error", (error) => (failure = error.message));
  child.once("exit", (code) => (failure ??= `ended with code ${code}`));
  const deadlineMs = Date.now() + startWaitMs;
  for (;;) {
    if (failure !== null) throw new Error(`nats-server did not start: ${String(failure)}`);
    if (Date.now() > deadlineMs) throw new Error(`nats-server was not ready within ${startWaitMs} ms`);
    const file = (await readdir(dir)).find((name) => name.endsWith(`_${child.pid}.ports`));
    const ports = file === undefined ? "" : await readFile(join(dir, file), "utf8");
    const port = /"nats:\/\/[^"]*:(\d+)"/.exec(ports)?.[1];
    if (port !== undefined) return Number(port);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
