// What an installation has because of its workflows: containers, and consumers of the run queue as they lie in the server's store.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { containersOf } from "../../test/docker.ts";
import type { MeasuredController } from "../controller.ts";
import { memoryOf, processorSecondsOf } from "../process-figures.ts";

export type Footprint = { readonly containers: number; readonly consumers: number; readonly rssMiB: number };

export async function footprintOf({ drover, pid }: MeasuredController): Promise<Footprint> {
  const containers = await containersOf(drover.docker, drover.installation);
  return { containers: containers.length, consumers: queueConsumers(drover.home), rssMiB: memoryOf(pid).rssMiB };
}

/** The server keeps a folder for each durable consumer of a stream. */
function queueConsumers(home: string): number {
  const accounts = join(home, "nats", "store", "jetstream");
  return readdirSync(accounts)
    .map((account) => join(accounts, account, "streams", "RUNS", "obs"))
    .filter((folder) => existsSync(folder))
    .reduce((sum, folder) => sum + readdirSync(folder).length, 0);
}

/** Per cent of one core while nothing happens. */
export type IdleUse = { readonly controller: number; readonly nats: number };

/** All are watched at the same time, so that they see the same machine. */
export async function idleUse(
  controllers: readonly MeasuredController[],
  seconds: number,
): Promise<readonly IdleUse[]> {
  const pids = controllers.flatMap(({ pid, natsPid }) => [pid, natsPid]);
  const before = pids.map(usedSeconds);
  const startedMs = performance.now();
  await delay(seconds * 1_000);
  const tookSeconds = (performance.now() - startedMs) / 1_000;
  const use = pids.map((pid, place) => ((usedSeconds(pid) - (before[place] ?? 0)) / tookSeconds) * 100);
  return controllers.map((_, place) => ({ controller: use[2 * place] ?? 0, nats: use[2 * place + 1] ?? 0 }));
}

function usedSeconds(pid: number): number {
  const { main, others } = processorSecondsOf(pid);
  return main + others;
}
