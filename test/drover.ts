// A whole Drover for a test: the real command in its own process, its own nats-server, home, installation and Docker network.
// Disposing of it leaves no process, container, network or file behind, whatever the test did to it.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import Docker from "dockerode";
import { endProcess } from "../bus/server-process.ts";
import { endProcess as endAgent } from "../controller/runtime/process-end.ts";
import { openProcessRecords } from "../controller/runtime/process-records.ts";
import { removeEverythingOf } from "./docker.ts";

const main = new URL("../cli/main.js", import.meta.url).pathname;

export type Drover = AsyncDisposable & {
  readonly url: string;
  readonly home: string;
  readonly installation: string;
  readonly docker: Docker;
  /** Of the controller that runs now. */
  readonly pid: number;
  /** Sends a signal and resolves when the controller has ended. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Starts the controller again, with the same home and port. */
  startAgain(): Promise<void>;
  /** What the controller has written to its log. */
  readonly log: readonly string[];
};

/** `home` is an existing one; disposing removes it. DOCKER_HOST in the environment is the socket of another engine. */
export async function startDrover(
  environment: Readonly<Record<string, string>> = {},
  home = mkdtempSync(join(tmpdir(), "drover-test-")),
): Promise<Drover> {
  const network = `drover-test-${home.slice(-6)}`;
  const { DOCKER_HOST: engine } = environment;
  const docker = engine ? new Docker({ socketPath: engine.replace(/^unix:\/\//, "") }) : new Docker();
  const log: string[] = [];
  let port = "0";
  let child = launch();
  let url = await listening(child, log).catch(async (error: unknown) => {
    await endNats(home);
    await rm(home, { recursive: true, force: true });
    throw error;
  });
  port = new URL(url).port;

  const installation = readFileSync(join(home, "installation"), "utf8").trim();
  return {
    get url() {
      return url;
    },
    home,
    docker,
    log,
    installation,
    get pid() {
      return child.pid ?? 0;
    },
    async end(signal) {
      return endChild(child, signal);
    },
    async startAgain() {
      child = launch();
      url = await listening(child, log);
    },
    async [Symbol.asyncDispose]() {
      await endChild(child, "SIGTERM");
      await endAgents(home);
      await endNats(home);
      await removeEverythingOf(docker, installation, network);
      await rm(home, { recursive: true, force: true });
    },
  };

  function launch(): ChildProcess {
    const settings = {
      DROVER_HOME: home,
      DROVER_PORT: port,
      DROVER_NETWORK: network,
      DROVER_STOP_SECONDS: "3",
      DROVER_EVENTS_MB: "256",
      DROVER_LOGS_MB: "64",
      DROVER_RUNS_MB: "64",
    };
    return spawn(process.execPath, [main, "up"], {
      env: { ...process.env, ...settings, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }
}

function listening(child: ChildProcess, log: string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream as NodeJS.ReadableStream }).on("line", (line) => {
      log.push(line);
      const found = /"msg":"listening on (http[^"]+)"/.exec(line)?.[1];
      if (found) resolve(found);
    });
  }
  child.once("exit", (code) => reject(new Error(`the controller ended with code ${code}:\n${log.join("\n")}`)));
  return promise;
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill(signal);
  return ended;
}

/** Agents without a container outlive their controller, as those in containers do. */
async function endAgents(home: string): Promise<void> {
  if (!existsSync(join(home, "process"))) return;
  const records = await openProcessRecords(join(home, "process"));
  for (const { state } of await records.all()) if (state.kind === "running") await endAgent(state.process, 0);
}

/** A controller that was killed leaves its nats-server running, as it should. */
async function endNats(home: string): Promise<void> {
  const record = join(home, "nats", "server.json");
  if (!existsSync(record)) return;
  const { process: server } = JSON.parse(readFileSync(record, "utf8")) as {
    process: { pid: number; startTicks: string };
  };
  await endProcess(server, 5_000);
}
