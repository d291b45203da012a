// Durable `POST /api/v1/events` beside the same HTTP edge without a publish, in alternating rounds.
//
//   M1. The load comes from this process; the servers, and the nats-server, are others. All share the cores of the machine.
//   M2. After each round the controller's index catches up before the next begins, so that no round pays for the one before.
//       How long that takes is shown: it is work that the load has put off.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type Docker from "dockerode";
import { call, eventually } from "../test/api.ts";
import { type MeasuredController, startMeasured } from "./controller.ts";
import type { Effort } from "./effort.ts";
import { type Load, body, loadFor, oneByOne } from "./event-load.ts";
import { memoryOf, processorSecondsOf } from "./process-figures.ts";
import { publishedPerSecond } from "./publishing.ts";
import { median, summarize } from "./statistics.ts";
import { type Section, figure, ratio, verdict } from "./table.ts";

const connections = 50;
const warmUpSeconds = 2;
const aimRatio = 0.45;
const aimPerSecond = 15_000;
const publishInFlight = [50, 1_024];
const catchUpMaxMs = 60_000;
const bareServer = new URL("./bare-server.ts", import.meta.url).pathname;

/** Microseconds of a core for each event, by who used them. */
type Cost = { readonly main: number; readonly others: number; readonly nats: number; readonly load: number };
type Rounds = { readonly bare: Load[]; readonly ours: Load[]; readonly costs: Cost[]; readonly catchUpMs: number[] };

export async function measureIngest(docker: Docker, effort: Effort): Promise<readonly Section[]> {
  const measured = await startMeasured(docker);
  await using drover = measured.drover;
  await using bare = await startBareServer();

  for (const url of [bare.url, drover.url]) await loadFor(url, { connections, seconds: warmUpSeconds });
  await catchUp(drover.url);
  const rounds: Rounds = { bare: [], ours: [], costs: [], catchUpMs: [] };
  const single = { bare: [] as number[], ours: [] as number[] };
  for (let round = 0; round < effort.loadRounds; round += 1) {
    rounds.bare.push(await loadFor(bare.url, { connections, seconds: effort.loadSeconds }));
    single.bare.push(...(await oneByOne(bare.url, effort.singleRequests)));
    const { load, cost } = await costed(measured, effort.loadSeconds);
    rounds.ours.push(load);
    rounds.costs.push(cost);
    rounds.catchUpMs.push(await catchUp(drover.url));
    single.ours.push(...(await oneByOne(drover.url, effort.singleRequests)));
    await catchUp(drover.url);
  }
  const { rssMiB } = memoryOf(measured.pid);
  const published: Section["rows"][number][] = [];
  for (const inFlight of publishInFlight) {
    const perSecond = await publishedPerSecond({ count: effort.publishedMessages, inFlight });
    published.push([`publisher alone, ${inFlight} in flight`, figure(perSecond), "", "", "", "", ""]);
  }
  return [throughput(rounds, published), latency(single), costs(rounds, rssMiB)];
}

async function costed(measured: MeasuredController, seconds: number): Promise<{ load: Load; cost: Cost }> {
  const used = () => ({
    ...processorSecondsOf(measured.pid),
    nats: processorTotal(measured.natsPid),
    load: processorTotal(process.pid),
  });
  const before = used();
  const load = await loadFor(measured.drover.url, { connections, seconds });
  const after = used();
  const each = (who: keyof Cost): number => ((after[who] - before[who]) * 1e6) / load.count;
  return { load, cost: { main: each("main"), others: each("others"), nats: each("nats"), load: each("load") } };
}

function processorTotal(pid: number): number {
  const { main, others } = processorSecondsOf(pid);
  return main + others;
}

/** A query answers only when the index has passed all that was stored; until it can, it is refused. */
async function catchUp(url: string): Promise<number> {
  const startedMs = performance.now();
  const ask = () => call(url, "GET", "/events?per_page=1");
  await eventually(ask, ({ status }) => status === 200, catchUpMaxMs);
  return performance.now() - startedMs;
}

async function startBareServer(): Promise<AsyncDisposable & { url: string }> {
  const child: ChildProcess = spawn(process.execPath, [bareServer], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [url] = (await Promise.race([once(lines, "line"), ended])) as [unknown];
  if (typeof url !== "string") throw new Error("the floor of ingest ended at its start");
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function throughput({ bare, ours }: Rounds, published: Section["rows"]): Section {
  const rates = { bare: bare.map((load) => load.perSecond), ours: ours.map((load) => load.perSecond) };
  const times = median(rates.ours) / median(rates.bare);
  const row = (what: string, loads: readonly Load[]): string[] => {
    const { count, median: middle, min, max } = summarize(loads.map((load) => load.perSecond));
    const p50 = median(loads.map((load) => load.p50Ms));
    const p99 = median(loads.map((load) => load.p99Ms));
    return [what, figure(middle), `${figure(min)}..${figure(max)}`, String(count), `${figure(p50)} / ${figure(p99)}`];
  };
  const met = `${verdict(`≥ ${aimRatio}×`, times >= aimRatio)}; ${verdict(`≥ ${figure(aimPerSecond)}/s`, median(rates.ours) >= aimPerSecond)}`;
  return {
    title: `Durable ingest, ${connections} connections, ${body.length}-byte body`,
    columns: ["server", "events/s, median", "min..max", "rounds", "p50 / p99 ms", "to floor", "aim"],
    rows: [
      [...row("same HTTP edge, nothing stored", bare), "1.00×", ""],
      [...row("controller, stored in JetStream", ours), ratio(times), met],
      ...published,
    ],
    notes: [],
  };
}

function latency({ bare, ours }: { bare: readonly number[]; ours: readonly number[] }): Section {
  const floor = median(bare);
  const row = (what: string, samples: readonly number[]): string[] => {
    const { count, median: middle, p99, max } = summarize(samples);
    return [what, String(count), figure(middle), figure(p99), figure(max), ratio(middle / floor)];
  };
  return {
    title: "One event at a time, one connection (ms)",
    columns: ["server", "n", "p50", "p99", "max", "to floor"],
    rows: [row("same HTTP edge, nothing stored", bare), row("controller, stored in JetStream", ours)],
    notes: [],
  };
}

function costs({ costs: all, catchUpMs }: Rounds, rssMiB: number): Section {
  const row = (what: string, who: keyof Cost): string[] => [what, figure(median(all.map((cost) => cost[who])))];
  return {
    title: `Processor time for each stored event at ${connections} connections (µs of a core)`,
    columns: ["who", "median"],
    rows: [
      row("controller, main thread: HTTP, checks, publish, live tail", "main"),
      row("controller, other threads: event index, garbage collection", "others"),
      row("nats-server", "nats"),
      row("load generator", "load"),
    ],
    notes: [
      `After a round the index needed ${figure(median(catchUpMs))} ms (median) to catch up. The controller's RSS after all rounds: ${figure(rssMiB)} MiB.`,
    ],
  };
}
