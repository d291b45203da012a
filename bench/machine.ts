// Which machine and which versions the figures are of. Without these a figure means nothing.
import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import type Docker from "dockerode";

const gib = 1024 ** 3;

/** One line. The load is that of the last minute before: figures taken beside other work are worse. */
export async function describeMachine(docker: Docker): Promise<string> {
  const engine = await docker.version();
  return [
    new Date().toISOString(),
    `${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"}), ${(totalmem() / gib).toFixed(0)} GiB`,
    `kernel ${release()}`,
    `Node ${process.versions.node}`,
    `Docker Engine ${engine.Version}`,
    natsServerVersion(),
    `load before ${(loadavg()[0] ?? 0).toFixed(2)}`,
  ].join(" · ");
}

function natsServerVersion(): string {
  return execFileSync("nats-server", ["--version"], { encoding: "utf8" }).trim().replace(":", "");
}
