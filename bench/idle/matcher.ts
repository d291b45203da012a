// What it costs to find out which of many event workflows an event sets off: the controller's own matcher, beside looking at every
// filter. None of the workflows is set off, although each asks for something that every event has.
import { createMatcher } from "../../controller/triggers/matcher.ts";
import { compileFilter } from "../../model/event-match.ts";
import type { EventSchedule } from "../../model/event-schedule.ts";
import type { Event } from "../../model/event.ts";
import { median } from "../statistics.ts";

const rounds = 9;
const eventsInRound = 20_000;
/** Looking at every filter is slow: a few events show it. */
const scannedInRound = 50;

export type MatchingResult = {
  readonly workflows: number;
  readonly cases: readonly { readonly what: string; readonly matcherUs: number; readonly scanUs: number }[];
};

const event: Event = {
  id: "bench",
  source: "/api",
  type: "order.placed.web.europe",
  tags: ["order", "site:s1", "site", "customer:c17", "customer"],
  value: { total: 12.5 },
  timestamp: "2026-01-01T00:00:00.000Z",
};

const kinds: readonly { readonly what: string; readonly filter: (n: number) => EventSchedule }[] = [
  { what: "two tags each, one of them of every event", filter: (n) => ({ tags: ["site:s1", `never:${n}`] }) },
  { what: "a type pattern each: order.*.<n>.#", filter: (n) => ({ tags: [], type: `order.*.w${n}.#` }) },
  { what: "a common tag and a type each", filter: (n) => ({ tags: ["order"], type: `order.cancelled.w${n}` }) },
];

export function measureMatcher(workflows: number): MatchingResult {
  return {
    workflows,
    cases: kinds.map(({ what, filter }) => {
      const filters = Array.from({ length: workflows }, (_, n) => filter(n));
      return { what, matcherUs: matcherUs(filters), scanUs: scanUs(filters) };
    }),
  };
}

function matcherUs(filters: readonly EventSchedule[]): number {
  const matcher = createMatcher();
  filters.forEach((filter, n) => matcher.set(`w-${n}`, filter));
  return microseconds(eventsInRound, () => matcher.matching(event).length);
}

function scanUs(filters: readonly EventSchedule[]): number {
  const compiled = filters.map(compileFilter);
  return microseconds(scannedInRound, () => compiled.filter((matches) => matches(event)).length);
}

/** Of one event; the median of some rounds after one that warms up. */
function microseconds(events: number, match: () => number): number {
  const samples: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    let found = 0;
    const startedMs = performance.now();
    for (let made = 0; made < events; made += 1) found += match();
    samples.push(((performance.now() - startedMs) * 1_000) / events);
    if (found > 0) throw new Error(`${found} idle workflows were set off`);
  }
  return median(samples.slice(1));
}
