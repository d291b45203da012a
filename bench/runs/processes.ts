// What each process behind a path uses for one run, in microseconds of a core.
import type Docker from "dockerode";
import type { MeasuredController } from "../controller.ts";
import { commandLineOf, processorSecondsOf } from "../process-figures.ts";

export type Use = { readonly who: string; readonly microseconds: number };

type Watched = { readonly pid: number; readonly mainIs: string; readonly othersAre: string | null };

/** Does the work and says what it cost, each of `count` runs. A process that ended meanwhile does not count. */
export async function costOf(
  measured: MeasuredController,
  { workflow, count }: { workflow: string; count: number },
  work: () => Promise<void>,
): Promise<readonly Use[]> {
  const watched = [...ours(measured), ...(await agentProcesses(measured.drover.docker, measured, workflow))];
  const before = watched.map(({ pid }) => processorSecondsOf(pid));
  await work();
  const uses = new Map<string, number>();
  const add = (who: string, seconds: number): void =>
    void uses.set(who, (uses.get(who) ?? 0) + (seconds * 1e6) / count);
  watched.forEach(({ pid, mainIs, othersAre }, place) => {
    const was = before[place] ?? { main: 0, others: 0 };
    const is = processorSecondsOf(pid);
    add(mainIs, is.main - was.main);
    add(othersAre ?? mainIs, is.others - was.others);
  });
  return [...uses].map(([who, microseconds]) => ({ who, microseconds }));
}

function ours({ pid, natsPid }: MeasuredController): readonly Watched[] {
  return [
    {
      pid,
      mainIs: "controller, main thread: HTTP, queue, matching, live tail",
      othersAre: "controller, other threads: event index and history, garbage collection",
    },
    { pid: natsPid, mainIs: "nats-server", othersAre: null },
    { pid: process.pid, mainIs: "load generator and tailer", othersAre: null },
  ];
}

async function agentProcesses(
  docker: Docker,
  { drover }: MeasuredController,
  workflow: string,
): Promise<readonly Watched[]> {
  const label = [`drover.installation=${drover.installation}`, `drover.workflow=${workflow}`, "drover.role=agent"];
  const containers = await docker.listContainers({ filters: { label } });
  const lists = await Promise.all(containers.map(async ({ Id }) => processesOf(docker.getContainer(Id))));
  return lists.flat().flatMap((pid) => {
    const command = commandLineOf(pid);
    if (command.includes("agent.cjs") && !command.includes("docker-init")) return [agentOf(pid)];
    return command.includes("runner.cjs") ? [runnerOf(pid)] : [];
  });
}

const agentOf = (pid: number): Watched => ({ pid, mainIs: "agent", othersAre: null });
const runnerOf = (pid: number): Watched => ({ pid, mainIs: "runners (user code)", othersAre: null });

async function processesOf(container: Docker.Container): Promise<number[]> {
  const top = (await container.top()) as { Titles: string[]; Processes: string[][] };
  const column = top.Titles.indexOf("PID");
  return top.Processes.map((row) => Number(row[column]));
}
