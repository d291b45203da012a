// Kills parts of a running Drover while it works, then checks that nothing was lost and nothing happened twice. `npm run faults`
// runs it for as long as is asked; a test runs it for less than a minute.
import type { RunRecord } from "../../controller/runs/history.ts";
import { eventually } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";
import { allRuns, allSlots, checkEffects, checkRuns, checkSlots } from "./check.ts";
import { type Effects, startEffects } from "./effects.ts";
import { type Killable, kill, killables } from "./kills.ts";
import { randomOf } from "./random.ts";
import { startSender } from "./senders.ts";
import { applyWorkload, endSchedules, eventWorkflow, hookWorkflow, timed } from "./workload.ts";
import { isOver } from "../../model/run.ts";

const settleMsMax = 300_000;

export type FaultPlan = {
  readonly seconds: number;
  readonly seed: number;
  readonly eventsPerSecond: number;
  /** The next kill follows the last one by this much, give or take half of it. */
  readonly killEverySeconds: number;
  /** Everything is killed at the end and left alone for this long before it is started again. */
  readonly stopSeconds: number;
};

export type FaultReport = {
  readonly plan: FaultPlan;
  readonly kills: readonly { readonly atSeconds: number; readonly what: string }[];
  readonly counts: Readonly<Record<string, number>>;
  /** What the controller logged beyond the ordinary. */
  readonly log: readonly string[];
  /** Empty when every check held. */
  readonly wrong: readonly string[];
};

export async function runFaults(plan: FaultPlan, say: (line: string) => void): Promise<FaultReport> {
  await using drover = await startDrover();
  await using effects = await startEffects(await gatewayOf(drover));
  const { key } = await applyWorkload(drover.url, effects.url);
  const random = randomOf(plan.seed);
  const beganMs = performance.now();
  const seconds = (): number => (performance.now() - beganMs) / 1_000;
  const kills: { atSeconds: number; what: string }[] = [];
  const note = (what: string): void => {
    kills.push({ atSeconds: Number(seconds().toFixed(1)), what });
    say(`${seconds().toFixed(1).padStart(7)} s  killed ${what}`);
  };

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

  // First each one in turn, then at random.
  const turn: Killable[] = [...killables];
  while (seconds() < plan.seconds) {
    const pauseMs = plan.killEverySeconds * 1_000 * (0.5 + random());
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const what = turn.shift() ?? killables[Math.floor(random() * killables.length)] ?? "runner";
    const killed = await kill(what, drover, random);
    if (killed !== null) note(killed);
  }
  if (plan.stopSeconds > 0) {
    await drover.end("SIGKILL");
    await kill("nats-server", drover, random);
    note("controller and nats-server");
    await new Promise((resolve) => setTimeout(resolve, plan.stopSeconds * 1_000));
    await drover.startAgain();
  }
  say("stopping the load; waiting for what is under way");
  await Promise.all([events.stop(), hooks.stop()]);
  await endSchedules(drover.url);

  const accepted = new Map([
    [eventWorkflow, events.accepted],
    [hookWorkflow, hooks.accepted],
  ]);
  const runs = await settled(drover, accepted);
  say(`${seconds().toFixed(1).padStart(7)} s  nothing is under way any more`);
  const { counts, wrong } = await verdict(drover, { runs, accepted, effects });
  const log = drover.log.filter((line) => !/"level":(?:10|20|30)/.test(line));
  return { plan, kills, counts, log, wrong: [...events.surprises, ...hooks.surprises, ...wrong] };
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
