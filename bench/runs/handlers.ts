// A handler that is loaded: the floor, BullMQ and Drover, in alternating rounds.
import type { Effort } from "../effort.ts";
import type { MeasuredController } from "../controller.ts";
import { startBullmq } from "./bullmq.ts";
import { startWorkflow } from "./drover.ts";
import { startFloor } from "./floor.ts";
import { type Path, oneByOne, perSecond, steadily } from "./path.ts";
import { type Use, costOf } from "./processes.ts";

/** 50 a second. */
const steadyEveryMs = 20;
const workflow = "bench-handler";

export type Measured = {
  readonly name: string;
  readonly oneMs: number[];
  readonly steadyMs: number[];
  readonly perSecond: number[];
};

export type HandlerResult = {
  readonly floor: Measured;
  /** Null when this machine has no redis-server. */
  readonly bullmq: Measured | null;
  readonly drover: Measured;
  readonly costs: readonly Use[];
};

export async function measureHandlers(controller: MeasuredController, effort: Effort): Promise<HandlerResult> {
  await using stack = new AsyncDisposableStack();
  const { drover, agentImage: image } = controller;
  const floor = stack.use(
    await startFloor(drover.docker, { name: "floor: least code, same parts", image, mode: "handler" }),
  );
  const peer = await startBullmq();
  if (peer !== null) stack.use(peer);
  const ours = stack.use(await startWorkflow(drover.url, { name: "Drover", workflow, code: "handler", fields: {} }));
  const paths = [floor, ...(peer === null ? [] : [peer]), ours];
  const results = new Map(paths.map((path) => [path, emptyOf(path)]));
  for (const path of paths) await warmUp(path, effort);
  for (let round = 0; round < effort.runRounds; round += 1) {
    for (const [path, result] of results) await measure(path, result, effort);
  }
  const count = effort.manyRuns;
  const costs = await costOf(controller, { workflow, count }, async () => void (await ours.many(count)));
  return {
    floor: resultOf(floor),
    bullmq: peer === null ? null : resultOf(peer),
    drover: resultOf(ours),
    costs,
  };

  function resultOf(path: Path): Measured {
    return results.get(path) ?? emptyOf(path);
  }
}

/** Until then the compiler is still at work. */
async function warmUp(path: Path, effort: Effort): Promise<void> {
  await oneByOne(path, { count: effort.singleRuns, gapMs: 0 });
  await path.many(effort.manyRuns);
}

async function measure(path: Path, result: Measured, effort: Effort): Promise<void> {
  result.oneMs.push(...(await oneByOne(path, { count: effort.singleRuns, gapMs: 0 })));
  result.steadyMs.push(...(await steadily(path, { count: effort.steadyRuns, everyMs: steadyEveryMs })));
  result.perSecond.push(await perSecond(path, effort.manyRuns));
}

function emptyOf({ name }: Path): Measured {
  return { name, oneMs: [], steadyMs: [], perSecond: [] };
}
