// What the measure of tailers found, as a table.
import { median } from "../statistics.ts";
import { type Section, figure, ratio, verdict } from "../table.ts";

const aimP99Ms = 100;
const aimRssMiB = 300;

/** `floor`: a plain server that writes the same bytes. */
export type Server = "floor" | "controller";

const names: Readonly<Record<Server, string>> = {
  floor: "plain node:http that writes the same (floor)",
  controller: "controller, stored in JetStream, then sent",
};

/** `busy`: cores in use on average. */
export type Round = {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly missing: number;
  readonly busy: number;
  readonly rssMiB: number;
};

export type TailResult = {
  readonly readers: number;
  readonly perSecond: number;
  readonly rounds: Readonly<Record<Server, readonly Round[]>>;
};

export function tailSections({ readers, perSecond, rounds }: TailResult): readonly Section[] {
  const middle = (server: Server, of: keyof Round): number => median(rounds[server].map((round) => round[of]));
  const row = (server: Server): string[] => {
    const isOurs = server === "controller";
    const [p99, rss] = [middle(server, "p99Ms"), Math.max(...rounds[server].map((round) => round.rssMiB))];
    return [
      names[server],
      String(rounds[server].length),
      figure(middle(server, "p50Ms")),
      figure(p99),
      figure(Math.max(...rounds[server].map((round) => round.maxMs))),
      ratio(p99 / middle("floor", "p99Ms")),
      figure(middle(server, "busy")),
      figure(rss),
      figure(rounds[server].reduce((sum, { missing }) => sum + missing, 0)),
      isOurs
        ? `${verdict(`p99 ≤ ${aimP99Ms} ms`, p99 <= aimP99Ms)}, ${verdict(`≤ ${aimRssMiB} MiB`, rss <= aimRssMiB)}`
        : "",
    ];
  };
  return [
    {
      title: `Delivery to ${figure(readers)} readers of ${figure(perSecond)} events/s (ms from the request to the reader)`,
      columns: ["server", "rounds", "p50", "p99", "max", "p99 to floor", "cores busy", "RSS MiB", "missing", "aim"],
      rows: [row("floor"), row("controller")],
      notes: [],
    },
  ];
}
