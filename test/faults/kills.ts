// What is killed: the controller, the nats-server, the container of an agent, the process that holds user code, always with SIGKILL;
// and the index, which holds what is known of runs. Each returns what it did, or null when there was nothing to kill at that moment.
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { containersOf } from "../docker.ts";
import type { Drover } from "../drover.ts";

export const killables = ["controller", "nats-server", "agent", "runner", "index"] as const;
export type Killable = (typeof killables)[number];

/** `pick` chooses one of several, from 0 to below 1. */
export async function kill(what: Killable, drover: Drover, pick: () => number): Promise<string | null> {
  switch (what) {
    case "controller":
      await drover.end("SIGKILL");
      await drover.startAgain();
      return "controller";
    case "nats-server":
      return killNats(drover);
    case "agent":
      return killAgent(drover, pick);
    case "runner":
      return killRunner(drover, pick);
    case "index":
      return pick() < 0.5 ? rebuildIndex(drover) : loseIndex(drover);
  }
}

export async function rebuildIndex({ url }: Drover): Promise<string | null> {
  const { ok } = await fetch(`${url}/api/v1/index/rebuild`, { method: "POST" }).catch(() => ({ ok: false }));
  return ok ? "index while it is used" : null;
}

/** It is gone when the next controller starts. */
export async function loseIndex(drover: Drover): Promise<string> {
  await drover.end("SIGKILL");
  for (const suffix of ["", "-wal", "-shm"]) await rm(join(drover.home, `index.sqlite${suffix}`), { force: true });
  await drover.startAgain();
  return "index between two controllers";
}

function killNats({ home }: Drover): string | null {
  const record = JSON.parse(readFileSync(join(home, "nats", "server.json"), "utf8")) as { process: { pid: number } };
  return killProcess(record.process.pid) ? `nats-server ${record.process.pid}` : null;
}

async function killAgent(drover: Drover, pick: () => number): Promise<string | null> {
  const agent = await someAgent(drover, pick);
  if (!agent) return null;
  await drover.docker
    .getContainer(agent.Id)
    .kill()
    .catch(() => {});
  return `agent ${agent.Labels["drover.instance"]}`;
}

async function killRunner(drover: Drover, pick: () => number): Promise<string | null> {
  const agent = await someAgent(drover, pick);
  if (!agent) return null;
  const listed: { Processes: string[][] } | null = await drover.docker
    .getContainer(agent.Id)
    .top({ ps_args: "-eo pid,args" })
    .catch(() => null);
  const runners = (listed?.Processes ?? []).filter(([, args = ""]) => args.includes("runner.cjs"));
  const runner = runners[Math.floor(pick() * runners.length)];
  return runner && killProcess(Number(runner[0])) ? `runner in ${agent.Labels["drover.instance"]}` : null;
}

async function someAgent({ docker, installation }: Drover, pick: () => number) {
  const agents = (await containersOf(docker, installation)).filter(
    (one) => one.Labels["drover.role"] === "agent" && one.State === "running",
  );
  return agents[Math.floor(pick() * agents.length)];
}

function killProcess(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}
