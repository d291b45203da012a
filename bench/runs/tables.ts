// What the measures of runs found, as tables.
import { median, summarize } from "../statistics.ts";
import { type Section, figure, ratio, verdict } from "../table.ts";
import type { ContainerResult } from "./containers.ts";
import type { HandlerResult, Measured } from "./handlers.ts";
import type { ScriptResult } from "./scripts.ts";

const handlerAim = { p50Ms: 2, toFloor: 1.5, perSecond: 8_000 };
const scriptAim = { p50Ms: 9, perSecond: 40 };
const containerAim = { p50Ms: 20, perSecond: 6 };

export function handlerSections({ floor, bullmq, drover, defaultScaled, costs }: HandlerResult): readonly Section[] {
  const paths = [floor, ...(bullmq === null ? [] : [bullmq]), drover, defaultScaled];
  const missing = bullmq === null ? ["There is no redis-server on this machine: BullMQ was left out."] : [];
  const floorMs = median(floor.oneMs);
  const floorRate = median(floor.perSecond);
  const toFloor = median(drover.oneMs) / floorMs;
  const toPeer = (of: (path: Measured) => number, path: Measured): string =>
    bullmq === null ? "" : ratio(of(path) / of(bullmq));
  const p50 = ({ oneMs }: Measured): number => median(oneMs);
  const rate = ({ perSecond }: Measured): number => median(perSecond);
  return [
    {
      title: "Event → loaded handler → durable result seen (ms)",
      columns: [
        "path",
        "n",
        "p50 / p99, one at a time",
        "p50 / p99 at 50/s",
        "p50 to floor",
        "to BullMQ",
        "aim",
        "aim",
      ],
      rows: paths.map((path) => [
        path.name,
        String(path.oneMs.length),
        quantiles(path.oneMs),
        quantiles(path.steadyMs),
        ratio(p50(path) / floorMs),
        toPeer(p50, path),
        path === drover ? verdict(`≤ ${handlerAim.p50Ms} ms`, p50(path) <= handlerAim.p50Ms) : "",
        path === drover ? verdict(`≤ ${handlerAim.toFloor}×`, toFloor <= handlerAim.toFloor) : "",
      ]),
      notes: missing,
    },
    {
      title: "The same, as many as it takes (results a second)",
      columns: ["path", "rounds", "results/s", "min..max", "to floor", "to BullMQ", "aim"],
      rows: paths.map((path) => [
        path.name,
        String(path.perSecond.length),
        figure(rate(path)),
        spread(path.perSecond),
        ratio(rate(path) / floorRate),
        toPeer(rate, path),
        path === drover ? verdict(`≥ ${figure(handlerAim.perSecond)}/s`, rate(path) >= handlerAim.perSecond) : "",
      ]),
      notes: [],
    },
    {
      title: "Processor time for each run at that rate (µs of a core)",
      columns: ["who", "µs"],
      rows: [
        ...costs.map(({ who, microseconds }) => [who, figure(microseconds)]),
        ["all", figure(costs.reduce((sum, { microseconds }) => sum + microseconds, 0))],
      ],
      notes: [],
    },
  ];
}

export function scriptSection({ floor, drover }: ScriptResult): Section {
  const row = (path: Measured): string[] => {
    const middle = median(path.oneMs);
    const rate = median(path.perSecond);
    const ours = path === drover;
    return [
      path.name,
      String(path.oneMs.length),
      quantiles(path.oneMs),
      ratio(middle / median(floor.oneMs)),
      figure(rate),
      spread(path.perSecond),
      ratio(rate / median(floor.perSecond)),
      ours ? verdict(`≤ ${scriptAim.p50Ms} ms`, middle <= scriptAim.p50Ms) : "",
      ours ? verdict(`≥ ${scriptAim.perSecond}/s`, rate >= scriptAim.perSecond) : "",
    ];
  };
  return {
    title: "Event → script in a fresh process → durable result seen",
    columns: ["path", "n", "p50 / p99 ms", "p50 to floor", "results/s", "min..max", "rate to floor", "aim", "aim"],
    rows: [row(floor), row(drover)],
    notes: [],
  };
}

export function containerSection({ bareMs, barePerSecond, standbyMs, burst }: ContainerResult): Section {
  const bare = median(bareMs);
  const ours = median(standbyMs);
  return {
    title: "Event → fresh container → durable result seen",
    columns: ["path", "n", "p50 / p99 ms", "p50 to docker run", "starts/s", "rate to docker run", "aim", "aim"],
    rows: [
      [
        "docker run of node, default bridge, first line",
        String(bareMs.length),
        quantiles(bareMs),
        ratio(1),
        figure(barePerSecond),
        ratio(1),
        "",
        "",
      ],
      [
        "Drover, isolation: container",
        String(standbyMs.length),
        quantiles(standbyMs),
        ratio(ours / bare),
        figure(burst.perSecond),
        ratio(burst.perSecond / barePerSecond),
        verdict(`≤ ${containerAim.p50Ms} ms`, ours <= containerAim.p50Ms),
        verdict(`≥ ${containerAim.perSecond}/s`, burst.perSecond >= containerAim.perSecond),
      ],
    ],
    notes: [
      `Latencies are with a container that stands by. The rate is that of ${burst.runs} runs at once, of which one finds such a container.`,
    ],
  };
}

function quantiles(samples: readonly number[]): string {
  const { median: middle, p99 } = summarize(samples);
  return `${figure(middle)} / ${figure(p99)}`;
}

function spread(samples: readonly number[]): string {
  const { min, max } = summarize(samples);
  return `${figure(min)}..${figure(max)}`;
}
