// What the measure of the first event found, as tables.
import type { Span } from "./first-event-spans.ts";
import { median, summarize } from "./statistics.ts";
import { type Section, figure, ratio, verdict } from "./table.ts";

const aim = 1.2;

/** The spans add up to the time taken. */
export type TimedEvent = { readonly tookMs: number; readonly spans: readonly Span[] };

export type FirstEventRound = {
  readonly bareMs: number;
  readonly bareOwnNetworkMs: number;
  readonly bareJoinedMs: number;
  readonly apply: TimedEvent;
  readonly edit: TimedEvent;
};

export function firstEventSections(rounds: readonly FirstEventRound[]): readonly Section[] {
  return [
    comparison(rounds),
    whereItGoes(
      "Where an apply's time goes (ms)",
      rounds.map(({ apply }) => apply.spans),
    ),
    whereItGoes(
      "Where an edit's time goes (ms)",
      rounds.map(({ edit }) => edit.spans),
    ),
  ];
}

function comparison(rounds: readonly FirstEventRound[]): Section {
  const floor = median(rounds.map((round) => round.bareMs));
  const row = (what: string, samples: readonly number[], aimed: boolean): string[] => {
    const { count, median: middle, min, max } = summarize(samples);
    const times = middle / floor;
    return [
      what,
      String(count),
      figure(middle),
      `${figure(min)}..${figure(max)}`,
      ratio(times),
      aimed ? verdict(`≤ ${aim}×`, times <= aim) : "",
    ];
  };
  const all = (of: (round: FirstEventRound) => number): number[] => rounds.map(of);
  return {
    title: "First event (ms)",
    columns: ["from a request to the first sign of life", "n", "median", "min..max", "to floor", "aim"],
    rows: [
      row(
        "bare container on the default bridge, first line (floor)",
        all((round) => round.bareMs),
        false,
      ),
      row(
        "bare container on the workflows' network, first line",
        all((round) => round.bareOwnNetworkMs),
        false,
      ),
      row(
        "bare container joining a holder, first line",
        all((round) => round.bareJoinedMs),
        false,
      ),
      row(
        "apply of breed and workflow, first event",
        all((round) => round.apply.tookMs),
        true,
      ),
      row(
        "edit of the workflow, first event of the new instance",
        all((round) => round.edit.tookMs),
        true,
      ),
    ],
    notes: [],
  };
}

function whereItGoes(title: string, rounds: readonly (readonly Span[])[]): Section {
  const [first = []] = rounds;
  return {
    title,
    columns: ["span", "median", "min..max"],
    rows: first.map(({ what }, place) => {
      const { median: middle, min, max } = summarize(rounds.map((spans) => spans[place]?.ms ?? 0));
      return [what, figure(middle), `${figure(min)}..${figure(max)}`];
    }),
    notes: [],
  };
}
