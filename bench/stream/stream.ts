// The event stream with a million events in it: how fast the index is built from it, what questions and reading take, idle and
// while events come in, how fast events come in, and what the controller needs of memory for all that.
//
//   S1. Floors are measured in the same run: publishing alone, SQLite without an index, the HTTP edge without a publish.
//   S2. Every question is asked over HTTP on one connection, in rounds that alternate between the kinds.
import type Docker from "dockerode";
import { call, eventually } from "../../test/api.ts";
import type { Effort } from "../effort.ts";
import { type BatchFormat, type Load, batchesFor, loadFor } from "../event-load.ts";
import { startServer } from "../server-process.ts";
import type { Section } from "../table.ts";
import { createAsker } from "./asking.ts";
import { chance, dataset } from "./dataset.ts";
import { type DeepReading, readDeep } from "./deep-reading.ts";
import { insertedPerSecond } from "./insert-floor.ts";
import { type Kind, kindsOf } from "./questions.ts";
import { peakResidentMiB } from "./resident.ts";
import { startSteadyIngest } from "./steady-ingest.ts";
import { type StoredStream, startOverStream } from "./stored-stream.ts";
import { streamSections } from "./tables.ts";

const connections = 50;
const warmUpSeconds = 3;
const batchConnections = 4;
const eventsInBatch = 1_000;
const steadyPerSecond = 1_000;
const catchUpMaxMs = 60_000;

export type Timed = { readonly kind: Kind; readonly idleMs: number[]; readonly busyMs: number[] };
export type Resident = { readonly while: string; readonly peakMiB: number };
export type StreamResult = {
  readonly stored: number;
  readonly filledPerSecond: number;
  readonly insertedPerSecond: number;
  readonly rebuilt: { readonly events: number; readonly tookMs: number };
  readonly timed: readonly Timed[];
  readonly busyPerSecond: number;
  readonly deep: DeepReading;
  readonly bare: readonly Load[];
  readonly singles: readonly Load[];
  readonly batches: Readonly<Record<BatchFormat, readonly Load[]>>;
  readonly resident: readonly Resident[];
};

export async function measureStream(_docker: Docker, effort: Effort): Promise<readonly Section[]> {
  await using stream = await startOverStream(effort.streamEvents);
  const resident: Resident[] = [];
  const watch = (during: string): void => void resident.push({ while: during, peakMiB: peakResidentMiB(stream.pid) });
  watch("building the index");
  const asked = await askAll(stream, effort, watch);
  const deep = await readDeep(stream.drover.url, effort.streamEvents);
  watch("reading all events by cursor");
  const loaded = await load(stream.drover.url, effort, watch);
  const events = dataset({ count: effort.streamEvents, endMs: Date.now() });
  return streamSections({
    stored: effort.streamEvents,
    filledPerSecond: stream.filledPerSecond,
    insertedPerSecond: insertedPerSecond(effort.streamEvents, () => events.next()),
    rebuilt: stream.rebuilt,
    ...asked,
    deep,
    ...loaded,
    resident,
  });
}

type Watch = (during: string) => void;

async function askAll(
  { drover }: StoredStream,
  effort: Effort,
  watch: Watch,
): Promise<Pick<StreamResult, "timed" | "busyPerSecond">> {
  const random = chance(7);
  const each = effort.streamQuestions;
  const timed = kindsOf(random, { each, nowMs: Date.now() }).map((kind): Timed => ({ kind, idleMs: [], busyMs: [] }));
  using asker = createAsker(drover.url);
  const askEach = async (into: "idleMs" | "busyMs"): Promise<void> => {
    for (let place = 0; place < each; place += 1)
      for (const one of timed) {
        const { ms } = await asker.ask(one.kind.paths[place] ?? "");
        // What the first ones find cold is another question.
        if (place >= each / 10) one[into].push(ms);
      }
  };
  await askEach("idleMs");
  watch("answering questions");
  const events = dataset({ count: effort.streamEvents, endMs: Date.now() });
  const ingest = startSteadyIngest(drover.url, steadyPerSecond, () => events.next());
  await askEach("busyMs");
  const busyPerSecond = ingest.stop();
  watch("answering questions beside events");
  return { timed, busyPerSecond };
}

async function load(
  url: string,
  effort: Effort,
  watch: Watch,
): Promise<Pick<StreamResult, "bare" | "singles" | "batches">> {
  await using server = await startServer(new URL("../bare-server.ts", import.meta.url));
  const bare: Load[] = [];
  const singles: Load[] = [];
  const batches = { json: [] as Load[], ndjson: [] as Load[] };
  const seconds = effort.loadSeconds;
  for (const warm of [server.url, url]) await loadFor(warm, { connections, seconds: warmUpSeconds });
  for (let round = 0; round < effort.loadRounds; round += 1) {
    bare.push(await loadFor(server.url, { connections, seconds }));
    await catchUp(url);
    singles.push(await loadFor(url, { connections, seconds }));
    await catchUp(url);
    watch("taking in single events");
    for (const format of ["json", "ndjson"] as const) {
      const options = { connections: batchConnections, seconds, events: eventsInBatch, format };
      batches[format].push(await batchesFor(url, options));
      await catchUp(url);
      watch("taking in batches");
    }
  }
  return { bare, singles, batches };
}

/** What the index still has to do is not left to the next round. */
async function catchUp(url: string): Promise<void> {
  await eventually(
    () => call(url, "GET", "/events?per_page=1"),
    ({ status }) => status === 200,
    catchUpMaxMs,
  );
}
