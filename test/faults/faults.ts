// Does harm to a running Drover while it works, then checks that nothing was lost, nothing happened twice and nothing is left over.
// `npm run faults` runs it for as long as is asked; tests run it for less than a minute.
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { RunRecord } from "../../controller/runs/history.ts";
import { isOver } from "../../model/run.ts";
import { eventually } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";
import { mountSmallDisk } from "../small-disk.ts";
import { allRuns, allSlots, checkEffects, checkRuns, checkSlots } from "./check.ts";
import { type Effects, startEffects } from "./effects.ts";
import type { Fault, Injected, World } from "./fault.ts";
import { kill } from "./kills.ts";
import { leftovers, sampleInstances } from "./leftovers.ts";
import { startOwnEngine } from "./own-engine.ts";
import { randomOf } from "./random.ts";
import { type Sender, startSender } from "./senders.ts";
import { applyWorkload, endSchedules, eventWorkflow, hookWorkflow, instancesOf, timed } from "./workload.ts";

const settleMsMax = 300_000;
const diskBytes = 1_073_741_824;

export type FaultPlan = {
  /** Longer when not every fault was there by then. */
  readonly seconds: number;
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly eventsPerSecond: number;
  /** The next fault follows the last one by this much, give or take half of it. */
  readonly everySeconds: number;
  /** No fault lasts longer, and none longer than itself may. */
  readonly holdSecondsMax: number;
  /** Everything is killed at the end and left alone for this long before it is started again. */
  readonly stopSeconds: number;
  /** On a Docker engine and a disk of its own: needs root. */
  readonly apart: boolean;
};

export type FaultReport = {
  readonly plan: FaultPlan;
  readonly done: readonly { readonly atSeconds: number; readonly what: string; readonly forSeconds: number }[];
  readonly counts: Readonly<Record<string, number>>;
  /** What the controller logged beyond the ordinary. */
  readonly log: readonly string[];
  /** Empty when every check held. */
  readonly wrong: readonly string[];
};

/** When `signal` fires it rejects, after everything was undone and put away. */
export async function runFaults(
  plan: FaultPlan,
  say: (line: string) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<FaultReport> {
  using disk = plan.apart ? mountSmallDisk(diskBytes) : null;
  await using engine =
    plan.apart && plan.faults.some(({ name }) => name === "engine-restart") ? await startOwnEngine() : null;
  await using effects = await startEffects();
  const ports = { DROVER_HOST_PORTS: String(effects.port) };
  const environment = engine === null ? ports : { ...ports, DOCKER_HOST: engine.host };
  await using drover = await (disk === null
    ? startDrover(environment)
    : startDrover(environment, mkdtempSync(join(disk.folder, "home-"))));
  const { key } = await applyWorkload(drover.url, `http://${await gatewayOf(drover)}:${effects.port}/`);
  const world = { drover, disk, engine, random: randomOf(plan.seed) };
  const sampler = sampleInstances(drover, instancesOf);
  const { events, hooks } = startLoad(drover, plan, key);
  const beganMs = performance.now();
  const seconds = (): number => Number(((performance.now() - beganMs) / 1_000).toFixed(1));
  const done: { atSeconds: number; what: string; forSeconds: number }[] = [];
  const checks: NonNullable<Injected["check"]>[] = [];

  // First each one in turn, then at random.
  const turn = [...plan.faults];
  while (turn.length > 0 || seconds() < plan.seconds) {
    await delay(plan.everySeconds * 1_000 * (0.5 + world.random()), null, { signal });
    const fault = turn.shift() ?? plan.faults[Math.floor(world.random() * plan.faults.length)];
    const atSeconds = seconds();
    const injected = fault && (await inflict(fault, world, { holdSecondsMax: plan.holdSecondsMax, signal }));
    if (!injected) continue;
    done.push({ atSeconds, what: injected.what, forSeconds: Number((seconds() - atSeconds).toFixed(1)) });
    if (injected.check) checks.push(injected.check);
    say(
      `${atSeconds.toFixed(1).padStart(7)} s  ${injected.what}; over at ${seconds()} s; ${events.accepted.size} accepted`,
    );
  }
  if (plan.stopSeconds > 0) {
    await drover.end("SIGKILL");
    await kill("nats-server", drover, world.random);
    done.push({ atSeconds: seconds(), what: "killed controller and nats-server", forSeconds: plan.stopSeconds });
    await delay(plan.stopSeconds * 1_000, null, { signal });
    await drover.startAgain();
  }
  say("stopping the load; waiting for what is under way");
  await unlessAborted(signal, Promise.all([events.stop(), hooks.stop()]));
  await endSchedules(drover.url);

  const accepted = new Map([
    [eventWorkflow, events.accepted],
    [hookWorkflow, hooks.accepted],
  ]);
  const runs = await unlessAborted(signal, settled(drover, accepted));
  say(`${seconds().toFixed(1).padStart(7)} s  nothing is under way any more`);
  const { counts, wrong } = await verdict(drover, { runs, accepted, effects });
  for (const check of checks) wrong.push(...(await check()));
  wrong.push(...(await sampler.stop()), ...(await leftovers(drover)));
  const log = drover.log.filter((line) => !/"level":(?:10|20|30)/.test(line));
  return { plan, done, counts, log, wrong: [...events.surprises, ...hooks.surprises, ...wrong] };
}

/** Whatever happens meanwhile, it is undone. */
async function inflict(
  fault: Fault,
  world: World,
  { holdSecondsMax, signal }: { holdSecondsMax: number; signal: AbortSignal },
): Promise<Injected | null> {
  const injected = await fault.inject(world);
  if (injected === null) return null;
  try {
    const holdMs = Math.min(fault.holdSecondsMax, holdSecondsMax) * 1_000 * (0.5 + world.random() / 2);
    await delay(holdMs, null, { signal });
  } finally {
    await injected.undo?.();
  }
  return injected;
}

function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([work, aborted.promise]).finally(() => signal.removeEventListener("abort", abort));
}

function startLoad(drover: Drover, plan: FaultPlan, key: string): { events: Sender; hooks: Sender } {
  const events = startSender({
    url: () => drover.url,
    path: "/api/v1/events",
    headers: {},
    perSecond: plan.eventsPerSecond,
    body: (n) => ({ tags: ["load"], value: { n } }),
    idOf: ({ id }) => id,
  });
  const hooks = startSender({
    url: () => drover.url,
    path: `/hooks/${hookWorkflow}`,
    headers: { "x-api-key": key },
    perSecond: Math.max(1, plan.eventsPerSecond / 40),
    body: (n) => ({ n }),
    idOf: ({ event }) => event,
  });
  return { events, hooks };
}

async function gatewayOf({ docker, installation }: Drover): Promise<string> {
  const [network] = await docker.listNetworks({ filters: { label: [`drover.installation=${installation}`] } });
  const gateway = network?.IPAM?.Config?.[0]?.Gateway;
  if (!gateway) throw new Error("the installation has no network with a gateway");
  return gateway;
}

/** The runs of every workflow, when as many as were accepted, and as many as slots ran, are over. */
async function settled(
  drover: Drover,
  accepted: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<Map<string, RunRecord[]>> {
  const found = new Map<string, RunRecord[]>();
  for (const name of [...timed, ...accepted.keys()]) {
    const slots = accepted.has(name) ? [] : await allSlots(drover.url, name);
    const least = accepted.get(name)?.size ?? slots.filter(({ outcome }) => outcome === "ran").length;
    const runs = await eventually(
      () => allRuns(drover.url, name),
      (all) => all.length >= least && all.every(isOver),
      settleMsMax,
    ).catch(() => allRuns(drover.url, name));
    found.set(name, runs);
  }
  return found;
}

type Found = {
  readonly runs: ReadonlyMap<string, readonly RunRecord[]>;
  readonly accepted: ReadonlyMap<string, ReadonlySet<string>>;
  readonly effects: Effects;
};

async function verdict(
  drover: Drover,
  { runs, accepted, effects }: Found,
): Promise<{ counts: Record<string, number>; wrong: string[] }> {
  const wrong: string[] = [];
  const counts: Record<string, number> = {};
  for (const name of timed) {
    const slots = (await allSlots(drover.url, name)).filter(
      ({ reason }) => reason === null || !/suspended/.test(reason),
    );
    counts[`slots of ${name}`] = slots.length;
    wrong.push(...checkSlots(name, slots, runs.get(name) ?? []));
  }
  for (const [name, ids] of accepted) {
    counts[`accepted for ${name}`] = ids.size;
    wrong.push(...checkRuns(name, ids, runs.get(name) ?? []));
  }
  const all = [...runs.values()].flat();
  counts["runs"] = all.length;
  counts["runs with more than one attempt"] = all.filter(({ attempts }) => attempts.length > 1).length;
  counts["effects"] = effects.all.length;
  wrong.push(...checkEffects(all, effects.all));
  return { counts, wrong };
}
