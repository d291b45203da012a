// What the measure of the stream found, as tables.
import type { Load } from "../event-load.ts";
import { median, summarize } from "../statistics.ts";
import { type Section, figure, ratio, verdict } from "../table.ts";
import type { StreamResult } from "./stream.ts";

const rebuildAim = 60_000;
const deepAim = 50_000;
const singlesAim = 15_000;
const batchesAim = 60_000;
const residentAimMiB = 300;

export function streamSections(result: StreamResult): readonly Section[] {
  return [rates(result), questions(result), ingest(result), memory(result)];
}

function rates({ stored, filledPerSecond, insertedPerSecond, rebuilt, deep }: StreamResult): Section {
  const rebuiltPerSecond = rebuilt.events / (rebuilt.tookMs / 1_000);
  const row = (what: string, perSecond: number, aim: number | null): string[] => [
    what,
    figure(Math.round(perSecond)),
    ratio(perSecond / filledPerSecond),
    aim === null ? "" : atLeast(aim, perSecond),
  ];
  return {
    title: `${figure(stored)} events of four tags: writing and reading all of them (events a second)`,
    columns: ["what", "events/s", "to publishing", "aim"],
    rows: [
      row("published with bus/publisher.ts, two lots of 2,000 under way (floor)", filledPerSecond, null),
      row("inserted into one SQLite table without an index (floor)", insertedPerSecond, null),
      row("index built from the stream", rebuiltPerSecond, rebuildAim),
      row("read by cursor over HTTP, 1,000 a page", deep.perSecond, deepAim),
    ],
    notes: [],
  };
}

function questions({ stored, timed, busyPerSecond }: StreamResult): Section {
  return {
    title: `Questions about ${figure(stored)} events, over HTTP on one connection (ms)`,
    columns: [
      "question",
      "n",
      "p50 / p99",
      "aim",
      `p50 / p99 beside ${figure(Math.round(busyPerSecond))} events/s`,
      "aim",
    ],
    rows: timed.map(({ kind, idleMs, busyMs }) => {
      const [idle, busy] = [summarize(idleMs), summarize(busyMs)];
      const both = ({ median: middle, p99 }: typeof idle): string => `${figure(middle)} / ${figure(p99)}`;
      const met = ({ p99 }: typeof idle): string => verdict(`≤ ${kind.aimMs}`, p99 <= kind.aimMs);
      return [kind.name, String(idle.count), both(idle), met(idle), both(busy), met(busy)];
    }),
    notes: [],
  };
}

function ingest({ bare, singles, batches, filledPerSecond }: StreamResult): Section {
  const row = (what: string, loads: readonly Load[], floor: number, aim: number | null): string[] => {
    const { median: middle, min, max } = summarize(loads.map(({ perSecond }) => perSecond));
    const latencies = [median(loads.map(({ p50Ms }) => p50Ms)), median(loads.map(({ p99Ms }) => p99Ms))].map(figure);
    return [
      what,
      figure(Math.round(middle)),
      `${figure(Math.round(min))}..${figure(Math.round(max))}`,
      latencies.join(" / "),
      ratio(middle / floor),
      aim === null ? "" : atLeast(aim, middle),
    ];
  };
  const edge = median(bare.map(({ perSecond }) => perSecond));
  return {
    title: `Durable ingest beside a stream and index of that size`,
    columns: ["what", "events/s", "min..max", "p50 / p99 ms of a request", "to floor", "aim"],
    rows: [
      row("singles, 50 connections: same HTTP edge, nothing stored (floor)", bare, edge, null),
      row("singles, 50 connections", singles, edge, singlesAim),
      row("JSON lists of 1,000, 4 connections (floor: publishing)", batches.json, filledPerSecond, batchesAim),
      row("ndjson of 1,000 lines, 4 connections (floor: publishing)", batches.ndjson, filledPerSecond, batchesAim),
    ],
    notes: [],
  };
}

function memory({ resident }: StreamResult): Section {
  const whiles = [...new Set(resident.map((one) => one.while))];
  return {
    title: "The controller's memory (MiB RSS), the most while",
    columns: ["while", "peak", "aim"],
    rows: whiles.map((during) => {
      const peak = Math.max(...resident.filter((one) => one.while === during).map(({ peakMiB }) => peakMiB));
      return [during, figure(peak), verdict(`≤ ${residentAimMiB}`, peak <= residentAimMiB)];
    }),
    notes: [],
  };
}

function atLeast(aim: number, perSecond: number): string {
  return verdict(`≥ ${figure(aim)}/s`, perSecond >= aim);
}
