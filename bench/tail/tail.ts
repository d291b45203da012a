// A thousand readers of a steady stream of events, beside a server that does nothing but write the same bytes to as many
// connections, in alternating rounds. All share the cores of the machine, the readers too.
import type Docker from "dockerode";
import { startMeasured } from "../controller.ts";
import type { Effort } from "../effort.ts";
import { memoryOf, processorSecondsOf } from "../process-figures.ts";
import { startServer } from "../server-process.ts";
import type { Section } from "../table.ts";
import { type Round, type Server, tailSections } from "./tables.ts";
import { openReaders } from "./tailers.ts";

const readers = 1_000;
const perSecond = 100;
/** Until then the compiler is still at work on what the load made hot. */
const warmUpSeconds = 2;
const waitMs = 30_000;

export async function measureTail(docker: Docker, effort: Effort): Promise<readonly Section[]> {
  const measured = await startMeasured(docker);
  await using drover = measured.drover;
  await using floor = await startServer(new URL("./floor-server.ts", import.meta.url));
  const servers: Readonly<Record<Server, { url: string; pid: number }>> = {
    floor: { url: floor.url, pid: floor.pid },
    controller: { url: drover.url, pid: measured.pid },
  };
  const rounds: Record<Server, Round[]> = { floor: [], controller: [] };
  for (let round = 0; round < effort.loadRounds; round += 1)
    for (const name of ["floor", "controller"] as const) rounds[name].push(await roundOf(servers[name], effort));
  return tailSections({ readers, perSecond, rounds });
}

async function roundOf({ url, pid }: { url: string; pid: number }, effort: Effort): Promise<Round> {
  await using open = await openReaders(url, readers);
  await open.flow({ perSecond, seconds: warmUpSeconds, waitMs });
  const before = processorSecondsOf(pid);
  const startedMs = performance.now();
  const { latenciesMs, missing } = await open.flow({ perSecond, seconds: effort.loadSeconds, waitMs });
  const seconds = (performance.now() - startedMs) / 1_000;
  const after = processorSecondsOf(pid);
  const busy = (after.main + after.others - before.main - before.others) / seconds;
  const sorted = latenciesMs.toSorted();
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), missing, busy, rssMiB: memoryOf(pid).rssMiB };
}
