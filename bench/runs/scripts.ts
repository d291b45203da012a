// A script: a fresh process for each run, taken from a spare that has booted before. The floor does the same with least code.
import type { MeasuredController } from "../controller.ts";
import type { Effort } from "../effort.ts";
import { amplyScaled, startWorkflow } from "./drover.ts";
import { startFloor } from "./floor.ts";
import type { Measured } from "./handlers.ts";
import { oneByOne, perSecond } from "./path.ts";

/** Long enough for the next spare to boot. */
const gapMs = 150;
/** About twice the cores: what the floor runs at a time, too. */
const concurrency = 4;

export type ScriptResult = { readonly floor: Measured; readonly drover: Measured };

export async function measureScripts(controller: MeasuredController, effort: Effort): Promise<ScriptResult> {
  await using stack = new AsyncDisposableStack();
  const { drover, agentImage: image } = controller;
  const floor = stack.use(
    await startFloor(drover.docker, { name: "floor: a spare process, least code", image, mode: "spare" }),
  );
  const ours = stack.use(
    await startWorkflow(drover.url, {
      name: "Drover",
      workflow: "bench-script",
      code: "script",
      fields: { concurrency, scale: amplyScaled },
    }),
  );
  const results = new Map([floor, ours].map((path) => [path, emptyOf(path.name)]));
  for (const path of results.keys()) await oneByOne(path, { count: 3, gapMs });
  for (let round = 0; round < effort.scriptRounds; round += 1) {
    for (const [path, { oneMs }] of results) {
      oneMs.push(...(await oneByOne(path, { count: effort.singleScripts, gapMs })));
    }
    for (const [path, { perSecond: rates }] of results) rates.push(await perSecond(path, effort.manyScripts));
  }
  return { floor: results.get(floor) ?? emptyOf(""), drover: results.get(ours) ?? emptyOf("") };
}

function emptyOf(name: string): Measured {
  return { name, oneMs: [], steadyMs: [], perSecond: [] };
}
