// Resident memory of the controller when nothing happens, and of one agent with one script that emits an event now and then.
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { call, follow } from "../test/api.ts";
import { type MeasuredController, startMeasured } from "./controller.ts";
import type { Effort } from "./effort.ts";
import { type Memory, commandLineOf, memoryOf, sumOf } from "./process-figures.ts";
import { type Section, figure, verdict } from "./table.ts";

const controllerAimMiB = 120;
const agentAimMiB = 110;
const mib = 1_048_576;
const workflow = "bench-memory";
/** The script's events until its agent counts as settled, one each second. */
const settlingEvents = 10;

type Row = { readonly what: string; readonly memory: Memory; readonly aimMiB: number | null };

export async function measureMemory(docker: Docker, effort: Effort): Promise<readonly Section[]> {
  const measured = await startMeasured(docker);
  await using drover = measured.drover;
  const started = memoryOf(measured.pid);
  await delay(effort.idleSeconds * 1_000);
  const idle: Row[] = [
    { what: "controller, just started", memory: started, aimMiB: null },
    {
      what: `controller, idle for ${effort.idleSeconds} s`,
      memory: memoryOf(measured.pid),
      aimMiB: controllerAimMiB,
    },
    { what: "its nats-server, idle", memory: memoryOf(measured.natsPid), aimMiB: null },
  ];

  await runScript(drover.url);
  const agent = await agentContainer(measured);
  const processes = await processesOf(agent);
  const container: Row[] = [
    { what: "agent process", memory: memoryOf(processes.agent), aimMiB: null },
    { what: "runner process (user code)", memory: memoryOf(processes.runner), aimMiB: null },
    {
      what: `all ${processes.all.length} processes of the container`,
      memory: sumOf(processes.all.map(memoryOf)),
      aimMiB: agentAimMiB,
    },
    { what: "controller, beside one daemon", memory: memoryOf(measured.pid), aimMiB: null },
  ];
  return [section([...idle, ...container], await cgroupMiB(agent))];
}

function section(rows: readonly Row[], cgroup: number): Section {
  return {
    title: "Memory (MiB)",
    columns: ["process", "RSS", "PSS", "aim (RSS)"],
    rows: rows.map(({ what, memory, aimMiB }) => [
      what,
      figure(memory.rssMiB),
      figure(memory.pssMiB),
      aimMiB === null ? "" : verdict(`≤ ${aimMiB}`, memory.rssMiB <= aimMiB),
    ]),
    notes: [
      `The agent's container is charged ${figure(cgroup)} MiB by its cgroup (without page cache that can be dropped); that is what its memory limit counts.`,
    ],
  };
}

/** Resolves when the script has run for some seconds. */
async function runScript(url: string): Promise<void> {
  const source = `const api = new (require("vamp-node-client").Api)();
    let count = 0;
    setInterval(() => api.event("bench", ++count, "memory"), 1000);`;
  await using tail = await follow(url, "?type=memory");
  await call(url, "POST", "/breeds", {
    name: workflow,
    deployable: { type: "application/javascript", definition: source },
  });
  await call(url, "POST", "/workflows", { name: workflow, breed: workflow, schedule: "daemon" });
  await tail.until((event) => event.value === settlingEvents);
}

async function agentContainer({ drover }: MeasuredController): Promise<Docker.Container> {
  const label = [`drover.installation=${drover.installation}`, `drover.workflow=${workflow}`, "drover.role=agent"];
  const [found] = await drover.docker.listContainers({ filters: { label } });
  if (!found) throw new Error(`there is no agent container of ${workflow}`);
  return drover.docker.getContainer(found.Id);
}

async function processesOf(container: Docker.Container): Promise<{ agent: number; runner: number; all: number[] }> {
  const top = (await container.top()) as { Titles: string[]; Processes: string[][] };
  const column = top.Titles.indexOf("PID");
  const all = top.Processes.map((row) => Number(row[column]));
  const find = (program: string): number => {
    const pid = all.find(
      (one) => commandLineOf(one).startsWith("/usr/local/bin/node") && commandLineOf(one).includes(program),
    );
    if (pid === undefined) throw new Error(`no process of the container runs ${program}`);
    return pid;
  };
  return { agent: find("agent.cjs"), runner: find("runner.cjs"), all };
}

async function cgroupMiB(container: Docker.Container): Promise<number> {
  const { memory_stats: memory } = await container.stats({ stream: false });
  // The second name is that of cgroup version 1.
  const stats = memory.stats as Readonly<Record<string, number | undefined>>;
  return (memory.usage - (stats["total_inactive_file"] ?? stats["inactive_file"] ?? 0)) / mib;
}
