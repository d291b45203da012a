// What the measure of ingest found, as tables.
import { type Load, body } from "./event-load.ts";
import { median, summarize } from "./statistics.ts";
import { type Section, figure, ratio, verdict } from "./table.ts";

const aimRatio = 0.45;
const aimPerSecond = 15_000;

/** `bare` is the floor; `plain` says what the machine gives while it is measured. */
export type Server = "plain" | "bare" | "controller";

const names: Readonly<Record<Server, string>> = {
  plain: "plain node:http that echoes",
  bare: "same HTTP edge, nothing stored (floor)",
  controller: "controller, stored in JetStream",
};

/** Microseconds of a core for each event, by who used them. */
export type Cost = { readonly main: number; readonly others: number; readonly nats: number; readonly load: number };

export type IngestResult = {
  readonly connections: number;
  readonly loads: Readonly<Record<Server, Load[]>>;
  readonly singleMs: Readonly<Record<Server, number[]>>;
  /** Of the rounds in which the controller was loaded, as all that follows. */
  readonly costs: readonly Cost[];
  readonly catchUpMs: readonly number[];
  readonly published: readonly { readonly inFlight: number; readonly perSecond: number }[];
  readonly rssMiB: number;
};

export function ingestSections(result: IngestResult): readonly Section[] {
  return [throughput(result), latency(result), publishing(result), costs(result)];
}

function throughput({ connections, loads }: IngestResult): Section {
  const rates = (server: Server): number[] => loads[server].map((load) => load.perSecond);
  const floor = median(rates("bare"));
  const row = (server: Server): string[] => {
    const { count, median: middle, min, max } = summarize(rates(server));
    const latencies = [
      median(loads[server].map((load) => load.p50Ms)),
      median(loads[server].map((load) => load.p99Ms)),
    ].map(figure);
    const times = middle / floor;
    return [
      names[server],
      String(count),
      figure(middle),
      `${figure(min)}..${figure(max)}`,
      latencies.join(" / "),
      ratio(times),
      server === "controller" ? verdict(`≥ ${aimRatio}×`, times >= aimRatio) : "",
      server === "controller" ? verdict(`≥ ${figure(aimPerSecond)}/s`, middle >= aimPerSecond) : "",
    ];
  };
  return {
    title: `Durable ingest, ${connections} connections, ${body.length}-byte body`,
    columns: ["server", "rounds", "events/s", "min..max", "p50 / p99 ms", "to floor", "aim", "aim"],
    rows: [row("plain"), row("bare"), row("controller")],
    notes: [],
  };
}

function latency({ singleMs }: IngestResult): Section {
  const floor = median(singleMs.bare);
  const row = (server: Server): string[] => {
    const { count, median: middle, p99, max } = summarize(singleMs[server]);
    return [names[server], String(count), figure(middle), figure(p99), figure(max), ratio(middle / floor)];
  };
  return {
    title: "One event at a time, one connection (ms)",
    columns: ["server", "n", "p50", "p99", "max", "to floor"],
    rows: [row("plain"), row("bare"), row("controller")],
    notes: [],
  };
}

function publishing({ published }: IngestResult): Section {
  return {
    title: "The bus alone: bus/publisher.ts against a nats-server, each message acknowledged",
    columns: ["in flight", "messages/s"],
    rows: published.map(({ inFlight, perSecond }) => [figure(inFlight), figure(perSecond)]),
    notes: [],
  };
}

function costs({ connections, costs: all, catchUpMs, rssMiB }: IngestResult): Section {
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
