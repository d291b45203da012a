// A Docker engine of the test's own beside that of this machine: own data, sockets, process and default bridge, and no packet
// rules, so that it can be restarted and killed without harm to anything else. Needs root and `dockerd`.
//
//   W1. Its default bridge is one that was made for it. An engine with another one than docker0, or with none, removes docker0 when it
//       starts, whosever that is: it is put back at once. Containers that were on it have lost it.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readdirSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { descendantsOf } from "../../controller/runtime/process-tree.ts";
import { eventually } from "../api.ts";

const startMsMax = 60_000;
const endMsMax = 60_000;
/** Apart from what the engine of this machine gives to its networks. */
const addresses = "base=10.213.0.0/16,size=24";
const defaultBridge = "docker0";
const bridgeAddress = "10.214.0.1/24";

export type OwnEngine = AsyncDisposable & {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** Ends it, with all containers (SIGTERM), or kills it and leaves them to the next start (SIGKILL); and starts it again. */
  restart(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
};

export async function startOwnEngine(): Promise<OwnEngine> {
  const folder = mkdtempSync(join(tmpdir(), "drover-engine-"));
  const socket = join(folder, "docker.sock");
  const docker = new Docker({ socketPath: socket });
  const bridge = `drv-${process.pid}`;
  makeBridge(bridge, bridgeAddress);
  let child = await launch();

  return {
    host: `unix://${socket}`,
    async restart(signal) {
      await end(child, signal);
      if (signal === "SIGKILL") await endContainerd();
      child = await launch();
    },
    async [Symbol.asyncDispose]() {
      const containers = await docker.listContainers({ all: true }).catch(() => []);
      for (const { Id } of containers)
        await docker
          .getContainer(Id)
          .remove({ force: true, v: true })
          .catch(() => {});
      for (const { Id } of await docker.listNetworks().catch(() => [])) {
        await docker
          .getNetwork(Id)
          .remove()
          .catch(() => {});
      }
      await end(child, "SIGTERM");
      ip("link", "delete", bridge);
      await clearAway(folder);
    },
  };

  /** It belongs to the engine. The next one waits in vain for what the file names, also for one that has ended and is not reaped. */
  async function endContainerd(): Promise<void> {
    const path = join(folder, "exec", "containerd", "containerd.pid");
    const pid = Number(await readFile(path, "utf8").catch(() => "0"));
    if (isThere(pid)) process.kill(pid, "SIGKILL");
    await rm(path, { force: true });
  }

  async function launch(): Promise<ChildProcess> {
    const address = addressOf(defaultBridge);
    const log = openSync(join(folder, "dockerd.log"), "a");
    const options = {
      host: `unix://${socket}`,
      pidfile: join(folder, "pid"),
      "data-root": join(folder, "data"),
      "exec-root": join(folder, "exec"),
      bridge,
      iptables: "false",
      ip6tables: "false",
      "default-address-pool": addresses,
    };
    const words = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    const started = spawn("dockerd", words, { stdio: ["ignore", log, log] });
    closeSync(log);
    await eventually(
      async () => {
        if (started.exitCode !== null)
          throw new Error(`dockerd ended with code ${started.exitCode}:\n${lastLines(join(folder, "dockerd.log"))}`);
        return docker.ping().then(
          () => true,
          () => false,
        );
      },
      (answers) => answers,
      startMsMax,
    );
    if (address !== null && addressOf(defaultBridge) === null) makeBridge(defaultBridge, address);
    return started;
  }
}

function makeBridge(name: string, address: string): void {
  ip("link", "add", name, "type", "bridge");
  ip("address", "add", address, "dev", name);
  ip("link", "set", name, "up");
}

/** With its prefix, as `172.17.0.1/16`; null when there is no such bridge. */
function addressOf(name: string): string | null {
  const lines = execFileSync("ip", ["-o", "-4", "address"], { encoding: "utf8" }).split("\n");
  const words = lines.map((line) => line.trim().split(/\s+/)).find((line) => line[1] === name);
  return words?.[3] ?? null;
}

function ip(...words: readonly string[]): void {
  execFileSync("ip", words);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), endMsMax);
  await ended;
  clearTimeout(timer);
}

/** Also what an engine that would not end in order left: containers without their engine, and what they have mounted. */
async function clearAway(folder: string): Promise<void> {
  for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
    const command = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    if (!/^\S*containerd/.test(command) || !command.includes(folder)) continue;
    const below = await descendantsOf(Number(name));
    for (const pid of [Number(name), ...below]) if (isThere(pid)) process.kill(pid, "SIGKILL");
  }
  const mounts = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .flatMap((line) => line.split(" ")[1] ?? []);
  for (const mount of mounts.filter((one) => one.startsWith(folder)).toReversed())
    execFileSync("umount", ["-l", mount]);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

function isThere(pid: number): boolean {
  return pid > 1 && existsSync(`/proc/${pid}`);
}

function lastLines(path: string): string {
  return readFileSync(path, "utf8").split("\n").slice(-10).join("\n");
}
