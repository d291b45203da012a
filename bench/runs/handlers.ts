// A handler that is loaded: the floor, BullMQ and Drover, in alternating rounds.
import type { Effort } from "../effort.ts";
import type { MeasuredController } from "../controller.ts";
import { startBullmq } from "./bullmq.ts";
import { amplyScaled, startWorkflow } from "./drover.ts";
import { startFloor } from "./floor.ts";
import { type Path, oneByOne, perSecond, steadily } from "./path.ts";
import { type Use, costOf } from "./processes.ts";

/** 50 a second. */
const steadyEveryMs = 20;
const ampleWorkflow = "bench-ample";
/** A tenth of a core does less in the same time. */
const defaultScaledShare = 10;

export type Measured = {
  readonly name: string;
  readonly oneMs: number[];
  readonly steadyMs: number[];
  readonly perSecond: number[];
};

type Contestant = { readonly path: Path; readonly many: number; readonly result: Measured };

export type HandlerResult = {
  readonly floor: Measured;
  /** Null when this machine has no redis-server. */
  readonly bullmq: Measured | null;
  readonly drover: Measured;
  /** With the scale that a workflow has when nothing is said about it. */
  readonly defaultScaled: Measured;
  readonly costs: readonly Use[];
};

export async function measureHandlers(controller: MeasuredController, effort: Effort): Promise<HandlerResult> {
  await using stack = new AsyncDisposableStack();
  const { drover, agentImage: image } = controller;
  const begin = async (path: Path, many: number): Promise<Contestant> => {
    stack.use(path);
    await oneByOne(path, { count: effort.singleRuns, gapMs: 0 });
    // Until then the compiler is still at work.
    await path.many(many);
    return { path, many, result: { name: path.name, oneMs: [], steadyMs: [], perSecond: [] } };
  };
  const ours = (name: string, workflow: string, scale: object | null): Promise<Path> =>
    startWorkflow(drover.url, { name, workflow, code: "handler", fields: scale === null ? {} : { scale } });

  const { manyRuns } = effort;
  const floor = await begin(
    await startFloor(drover.docker, { name: "floor: least code", image, mode: "handler" }),
    manyRuns,
  );
  const peer = await startBullmq();
  const bullmq = peer === null ? null : await begin(peer, manyRuns);
  const ample = await begin(await ours("Drover, two cores allowed", ampleWorkflow, amplyScaled), manyRuns);
  const byDefault = await begin(
    await ours("Drover, default scale (0.1 core)", "bench-default", null),
    manyRuns / defaultScaledShare,
  );
  const all = [floor, ...(bullmq === null ? [] : [bullmq]), ample, byDefault];
  for (let round = 0; round < effort.runRounds; round += 1) {
    for (const contestant of all) await measure(contestant, effort);
  }
  const costs = await costOf(controller, { workflow: ampleWorkflow, count: manyRuns }, async () => {
    await ample.path.many(manyRuns);
  });
  return {
    floor: floor.result,
    bullmq: bullmq?.result ?? null,
    drover: ample.result,
    defaultScaled: byDefault.result,
    costs,
  };
}

async function measure({ path, many, result }: Contestant, effort: Effort): Promise<void> {
  result.oneMs.push(...(await oneByOne(path, { count: effort.singleRuns, gapMs: 0 })));
  result.steadyMs.push(...(await steadily(path, { count: effort.steadyRuns, everyMs: steadyEveryMs })));
  result.perSecond.push(await perSecond(path, many));
}
