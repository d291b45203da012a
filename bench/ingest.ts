// Durable `POST /api/v1/events` beside the same HTTP edge without a publish, in alternating rounds.
//
//   M1. The load comes from this process; the servers, and the nats-server, are others. All share the cores of the machine.
//   M2. After each round the controller's index catches up before the next begins, so that no round pays for the one before.
//       How long that takes is shown: it is work that the load has put off.
import type Docker from "dockerode";
import { call, eventually } from "../test/api.ts";
import { type MeasuredController, startMeasured } from "./controller.ts";
import type { Effort } from "./effort.ts";
import { type Load, loadFor, oneByOne } from "./event-load.ts";
import { type Cost, type IngestResult, type Server, ingestSections } from "./ingest-tables.ts";
import { memoryOf, processorSecondsOf } from "./process-figures.ts";
import { publishedPerSecond } from "./publishing.ts";
import { startServer } from "./server-process.ts";
import type { Section } from "./table.ts";

const connections = 50;
/** Until then the compiler is still at work on what the load made hot. */
const warmUpSeconds = 4;
const publishInFlight = [50, 1_024];
const catchUpMaxMs = 60_000;

export async function measureIngest(docker: Docker, effort: Effort): Promise<readonly Section[]> {
  const measured = await startMeasured(docker);
  await using drover = measured.drover;
  await using bare = await startServer(new URL("./bare-server.ts", import.meta.url));
  await using plain = await startServer(new URL("./plain-server.ts", import.meta.url));
  const servers: Readonly<Record<Server, { readonly url: string }>> = { plain, bare, controller: drover };
  for (const { url } of Object.values(servers)) await loadFor(url, { connections, seconds: warmUpSeconds });
  await catchUp(drover.url);

  const loads: IngestResult["loads"] = { plain: [], bare: [], controller: [] };
  const singleMs: IngestResult["singleMs"] = { plain: [], bare: [], controller: [] };
  const costs: Cost[] = [];
  const catchUpMs: number[] = [];
  for (let round = 0; round < effort.loadRounds; round += 1) {
    for (const name of ["plain", "bare", "controller"] as const) {
      const { url } = servers[name];
      const { load, cost } = await costed(measured, url, effort.loadSeconds);
      loads[name].push(load);
      if (name === "controller") {
        costs.push(cost);
        catchUpMs.push(await catchUp(url));
      }
      singleMs[name].push(...(await oneByOne(url, effort.singleRequests)));
    }
    await catchUp(drover.url);
  }
  const { rssMiB } = memoryOf(measured.pid);
  const published: { inFlight: number; perSecond: number }[] = [];
  for (const inFlight of publishInFlight) {
    published.push({ inFlight, perSecond: await publishedPerSecond({ count: effort.publishedMessages, inFlight }) });
  }
  return ingestSections({ connections, loads, singleMs, costs, catchUpMs, published, rssMiB });
}

/** What the controller's processes used meanwhile counts only where the controller is what was loaded. */
async function costed(measured: MeasuredController, url: string, seconds: number): Promise<{ load: Load; cost: Cost }> {
  const used = (): Cost => ({
    ...processorSecondsOf(measured.pid),
    nats: processorTotal(measured.natsPid),
    load: processorTotal(process.pid),
  });
  const before = used();
  const load = await loadFor(url, { connections, seconds });
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
