// What is asked of the stored events over HTTP, each with a bound on its p99: paths of `GET /api/v1/events`.
import { type Chance, type Family, tagOf } from "./dataset.ts";

const hourMs = 3_600_000;
const pageSize = 30;

export type Kind = {
  readonly name: string;
  readonly aimMs: number;
  /** Each is asked in turn. */
  readonly paths: readonly string[];
};

type Pick = readonly [Family, number];

export function kindsOf(random: Chance, { each, nowMs }: { each: number; nowMs: number }): readonly Kind[] {
  const pages = (picks: () => readonly [Pick, Pick]): string[] => Array.from({ length: each }, () => page(picks()));
  const hour = (aggregator: string, pick: () => Pick): string[] =>
    Array.from({ length: each }, () => lastHour(aggregator, pick(), nowMs));
  const broad = (): Pick => ["env", random.skewed(3)];
  const middle = (): Pick => ["kind", 10 + random.even(10)];
  const rare = (): Pick => ["dev", 500 + random.even(500)];
  return [
    { name: "page of 30: broad and broad", aimMs: 3, paths: pages(() => [broad(), ["kind", random.skewed(20)]]) },
    { name: "page of 30: broad and rare", aimMs: 3, paths: pages(() => [broad(), rare()]) },
    { name: "page of 30: middle and rare", aimMs: 3, paths: pages(() => [middle(), rare()]) },
    { name: "page of 30: two broad that never meet", aimMs: 20, paths: pages(() => neverMeet(random)) },
    { name: "count, last hour", aimMs: 5, paths: hour("count", () => oneOf(random, [broad, middle, rare])) },
    { name: "average, last hour", aimMs: 5, paths: hour("average", () => oneOf(random, [broad, middle, rare])) },
  ];
}

function neverMeet(random: Chance): readonly [Pick, Pick] {
  return random.even(2) === 0
    ? [
        ["env", 0],
        ["env", 1],
      ]
    : [
        ["kind", 0],
        ["kind", 1],
      ];
}

function oneOf(random: Chance, picks: readonly (() => Pick)[]): Pick {
  const pick = picks[random.even(picks.length)];
  if (pick === undefined) throw new Error("nothing to pick from");
  return pick();
}

function page(picks: readonly Pick[]): string {
  return `/api/v1/events?per_page=${pageSize}&${picks.map(tagParameter).join("&")}`;
}

function lastHour(aggregator: string, pick: Pick, nowMs: number): string {
  const since = new Date(nowMs - hourMs).toISOString();
  return `/api/v1/events?aggregator=${aggregator}&since=${since}&${tagParameter(pick)}`;
}

function tagParameter([family, number]: Pick): string {
  return `tag=${tagOf(family, number)}`;
}
