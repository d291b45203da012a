// Thousands of workflows that wait: what they cost events that do not concern them, the machine while nothing happens, and the
// slots of one another. A second controller without any workflow stands beside them.
import type Docker from "dockerode";
import { call, eventually } from "../../test/api.ts";
import { type MeasuredController, startMeasured } from "../controller.ts";
import type { Effort } from "../effort.ts";
import { type Load, loadFor } from "../event-load.ts";
import type { Section } from "../table.ts";
import { type Footprint, type IdleUse, footprintOf, idleUse } from "./footprint.ts";
import { type LatenessResult, measureLateness } from "./lateness.ts";
import { saveBreed, saveWorkflows } from "./many-workflows.ts";
import { type MatchingResult, measureMatcher } from "./matcher.ts";
import { idleSections } from "./tables.ts";

const connections = 50;
const warmUpSeconds = 2;
const catchUpMaxMs = 60_000;

export type Beside<T> = { readonly empty: T; readonly full: T };

export type IdleResult = {
  readonly workflows: number;
  readonly matching: MatchingResult;
  readonly loads: Beside<readonly Load[]>;
  readonly footprints: Beside<Footprint>;
  readonly savingMs: number;
  readonly lateness: LatenessResult;
  readonly slotSeconds: number;
  readonly use: Beside<IdleUse>;
  readonly useSeconds: number;
};

export async function measureIdle(docker: Docker, effort: Effort): Promise<readonly Section[]> {
  const workflows = effort.idleWorkflows;
  const matching = measureMatcher(workflows);
  const empty = await startMeasured(docker);
  await using ownedEmpty = empty.drover;
  const full = await startMeasured(docker);
  await using ownedFull = full.drover;

  const names = Array.from({ length: workflows }, (_, n) => `bench-${n}`);
  await saveBreed(ownedFull.url);
  const savingMs = await saveWorkflows(
    ownedFull.url,
    names.map((name, n) => ({ name, schedule: { event: ["site:s1", `never:${n}`] } })),
  );
  const loads = await measureLoads(empty, full, effort);
  const footprints = { empty: await footprintOf(empty), full: await footprintOf(full) };
  const seconds = effort.slotSeconds;
  const lateness = await measureLateness(ownedFull.url, { names, seconds, savedInMs: savingMs });
  await caughtUp(full);
  const [emptyUse, fullUse] = await idleUse([{ ...empty, drover: ownedEmpty }, full], effort.idleSeconds);
  if (emptyUse === undefined || fullUse === undefined) throw new Error("a controller was not watched");
  return idleSections({
    workflows,
    matching,
    loads,
    footprints,
    savingMs,
    lateness,
    slotSeconds: seconds,
    use: { empty: emptyUse, full: fullUse },
    useSeconds: effort.idleSeconds,
  });
}

/** In alternating rounds; after each the index catches up. */
async function measureLoads(
  empty: MeasuredController,
  full: MeasuredController,
  effort: Effort,
): Promise<Beside<readonly Load[]>> {
  const loads: Beside<Load[]> = { empty: [], full: [] };
  for (const one of [empty, full]) await loadFor(one.drover.url, { connections, seconds: warmUpSeconds });
  for (let round = 0; round < effort.loadRounds; round += 1) {
    for (const [one, samples] of [
      [empty, loads.empty],
      [full, loads.full],
    ] as const) {
      await caughtUp(one);
      samples.push(await loadFor(one.drover.url, { connections, seconds: effort.loadSeconds }));
    }
  }
  await caughtUp(empty);
  await caughtUp(full);
  return loads;
}

/** A query answers only when the index has passed all that was stored; until it can, it is refused. */
async function caughtUp({ drover }: MeasuredController): Promise<void> {
  const ask = (): Promise<{ status: number }> => call(drover.url, "GET", "/events?per_page=1");
  await eventually(ask, ({ status }) => status === 200, catchUpMaxMs);
}
