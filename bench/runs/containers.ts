// A fresh container for each run: Drover with one that stands by, and beyond it, beside what the engine does when it is asked for
// a container each time (`docker run`).
import type Docker from "dockerode";
import { call, eventually } from "../../test/api.ts";
import { bareFirstLineMs } from "../bare-container.ts";
import type { MeasuredController } from "../controller.ts";
import type { Effort } from "../effort.ts";
import { amplyScaled, startWorkflow } from "./drover.ts";
import { perSecond } from "./path.ts";

const workflow = "bench-container";
/** The engine is at its limit with fewer, as long as they are replaced at once. */
const instances = 8;
/** Twice the cores, as many as Drover starts at a time. */
const bareAtOnce = 4;
const standbyWaitMaxMs = 60_000;

export type ContainerResult = {
  readonly bareMs: readonly number[];
  readonly barePerSecond: number;
  readonly standbyMs: readonly number[];
  readonly burst: { readonly runs: number; readonly perSecond: number };
};

type Instance = { readonly name: string; readonly status: string; readonly startedAt: string | null };

export async function measureContainers(controller: MeasuredController, effort: Effort): Promise<ContainerResult> {
  const { drover, agentImage } = controller;
  const bareMs: number[] = [];
  for (let made = 0; made < effort.singleContainers; made += 1) {
    bareMs.push(await bareFirstLineMs(drover.docker, agentImage, "bridge"));
  }
  const barePerSecond = await bareRate(drover.docker, { image: agentImage, count: effort.burstRuns });

  await using ours = await startWorkflow(drover.url, {
    name: "Drover",
    workflow,
    code: "handler",
    fields: { isolation: "container", scale: { ...amplyScaled, instances } },
  });
  const standbyMs: number[] = [];
  let used = "";
  // The first one warms the controller.
  for (let made = 0; made <= effort.singleContainers; made += 1) {
    used = await standby(drover.url, used);
    const tookMs = await ours.one();
    if (made > 0) standbyMs.push(tookMs);
  }
  await standby(drover.url, used);
  const burst = { runs: effort.burstRuns, perSecond: await perSecond(ours, effort.burstRuns) };
  return { bareMs, barePerSecond, standbyMs, burst };
}

async function bareRate(docker: Docker, { image, count }: { image: string; count: number }): Promise<number> {
  let left = count;
  const startInTurn = async (): Promise<void> => {
    while (left-- > 0) await bareFirstLineMs(docker, image, "bridge");
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: bareAtOnce }, startInTurn));
  return count / ((performance.now() - startedMs) / 1_000);
}

/** Resolves when there is one instance, ready for its run, and another than the one before; with what tells it apart. */
async function standby(url: string, used: string): Promise<string> {
  const ask = async (): Promise<readonly Instance[]> => {
    const { body } = await call<{ instances: readonly Instance[] }>(url, "GET", `/workflows/${workflow}`);
    return body.instances;
  };
  const isFresh = (one: Instance): boolean => one.status === "ready" && startOf(one) !== used;
  const [found] = await eventually(ask, (all) => all.length === 1 && all.every(isFresh), standbyWaitMaxMs);
  if (found === undefined) throw new Error(`${workflow} has no instance`);
  return startOf(found);
}

/** Names are used again. */
function startOf({ name, startedAt }: Instance): string {
  return `${name} ${startedAt}`;
}
