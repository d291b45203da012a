// What the measures of workflows that wait found, as tables.
import { median, summarize } from "../statistics.ts";
import { type Section, figure, ratio, verdict } from "../table.ts";
import type { IdleResult } from "./idle.ts";
import type { Lateness } from "./lateness.ts";

const matchingAimUs = 10;
const latenessAimMs = 50;
const idleAimPercent = 2;

export function idleSections(result: IdleResult): readonly Section[] {
  return [matching(result), ingest(result), saving(result), lateness(result), use(result)];
}

function matching({ matching: { workflows, cases } }: IdleResult): Section {
  return {
    title: `Matching one event against ${figure(workflows)} idle event workflows (µs)`,
    columns: ["filters", "matcher", "every filter looked at", "ratio", "aim"],
    rows: cases.map(({ what, matcherUs, scanUs }) => [
      what,
      figure(matcherUs),
      figure(scanUs),
      ratio(matcherUs / scanUs),
      verdict(`≤ ${matchingAimUs} µs`, matcherUs <= matchingAimUs),
    ]),
    notes: [],
  };
}

function ingest({ workflows, loads, footprints }: IdleResult): Section {
  const floor = median(loads.empty.map(({ perSecond }) => perSecond));
  const row = (what: string, of: "empty" | "full"): string[] => {
    const { median: middle, min, max } = summarize(loads[of].map(({ perSecond }) => perSecond));
    const { containers, consumers, rssMiB } = footprints[of];
    const none = verdict("none", containers + consumers === 0);
    return [
      what,
      figure(middle),
      `${figure(min)}..${figure(max)}`,
      ratio(middle / floor),
      figure(rssMiB),
      String(containers),
      String(consumers),
      of === "full" ? none : "",
    ];
  };
  return {
    title: "Durable ingest beside idle event workflows, 50 connections",
    columns: ["controller", "events/s", "min..max", "ratio", "RSS MiB", "containers", "queue consumers", "aim"],
    rows: [row("without workflows", "empty"), row(`with ${figure(workflows)} idle event workflows`, "full")],
    notes: [],
  };
}

function saving({ workflows, savingMs, lateness: { savingMs: againMs } }: IdleResult): Section {
  const row = (what: string, ms: number): string[] => [
    what,
    figure(ms / 1_000),
    figure(ms / workflows),
    figure((workflows * 1_000) / ms),
  ];
  return {
    title: `Saving ${figure(workflows)} workflows, 500 in a request`,
    columns: ["what", "seconds", "ms each", "a second"],
    rows: [row("new event workflows", savingMs), row("each of them edited to a time workflow", againMs)],
    notes: [],
  };
}

function lateness({ workflows, slotSeconds, lateness: { suspended, running } }: IdleResult): Section {
  const rows = (what: string, { decidedMs, seenMs }: Lateness): string[][] =>
    [
      { to: "event's timestamp", samples: decidedMs },
      { to: "event at a tailer", samples: seenMs },
    ].map(({ to, samples }) => {
      const { count, median: middle, p99, max } = summarize(samples);
      return [what, to, String(count), figure(middle), figure(p99), figure(max), aimOf(p99)];
    });
  return {
    title: `Lateness of slots (ms): ${figure(workflows)} time workflows, one slot each over ${slotSeconds} s`,
    columns: ["slots", "from due to", "n", "p50", "p99", "max", "aim"],
    rows: [
      ...rows("of the many (suspended: recorded, not run)", suspended),
      ...rows("of four that run each second beside them", running),
    ],
    notes: [],
  };
}

function aimOf(p99: number): string {
  return verdict(`p99 ≤ ${latenessAimMs}`, p99 <= latenessAimMs);
}

function use({ workflows, use: { empty, full }, useSeconds }: IdleResult): Section {
  const row = (what: string, percent: number, aimed: boolean): string[] => [
    what,
    figure(percent),
    aimed ? verdict(`≤ ${idleAimPercent} %`, percent <= idleAimPercent) : "",
  ];
  return {
    title: `Idle processor time over ${useSeconds} s (% of a core)`,
    columns: ["process", "%", "aim"],
    rows: [
      row("controller without workflows", empty.controller, false),
      row("its nats-server", empty.nats, false),
      row(`controller with ${figure(workflows)} time workflows, next slots a day away`, full.controller, true),
      row("its nats-server", full.nats, true),
    ],
    notes: [],
  };
}
