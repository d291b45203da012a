// SIGSTOP: a process that is there and does nothing, as on a machine that swaps or was suspended. Its connections stay open.
import { containersOf } from "../docker.ts";
import { serverRecord } from "../controller-nats.ts";
import type { Fault, Injected, World } from "./fault.ts";

const holdSecondsMax = 30;

export const freezes: readonly Fault[] = [
  { name: "freeze-controller", holdSecondsMax, inject: async ({ drover }) => freeze(drover.pid, "controller") },
  { name: "freeze-nats", holdSecondsMax, inject: async ({ drover }) => freeze(natsPid(drover.home), "nats-server") },
  { name: "freeze-agent", holdSecondsMax, inject: freezeAgent },
];

async function freezeAgent({ drover, random }: World): Promise<Injected | null> {
  const { docker, installation } = drover;
  const agents = (await containersOf(docker, installation)).filter(
    (one) => one.Labels["drover.role"] === "agent" && one.State === "running",
  );
  const agent = agents[Math.floor(random() * agents.length)];
  const found =
    agent &&
    (await docker
      .getContainer(agent.Id)
      .inspect()
      .catch(() => null));
  return found ? freeze(found.State.Pid, `agent ${found.Config.Labels["drover.instance"]}`) : null;
}

function natsPid(home: string): number {
  return serverRecord(home).process.pid;
}

function freeze(pid: number, what: string): Injected | null {
  return send(pid, "SIGSTOP") ? { what: `froze ${what}`, undo: () => void send(pid, "SIGCONT") } : null;
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return pid > 1 && process.kill(pid, signal);
  } catch {
    return false;
  }
}
