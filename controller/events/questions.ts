// Everything that the event index can be asked, and what it answers: one line each, the same for the thread that asks, the one
// that answers and the store.
import type { EventFilter } from "../../model/event-match.ts";
import type { Event } from "../../model/event.ts";
import type { RunQuery, RunRecord, RunsSummary, SlotQuery, SlotRecord } from "../runs/history.ts";
import type { OpenRuns } from "../runs/open-runs.ts";
import type { KnownStretches } from "./stretches.ts";

/** Bounds on the time of an event, each an ISO 8601 instant in UTC with milliseconds. */
export type TimeRange = { readonly gt?: string; readonly gte?: string; readonly lt?: string; readonly lte?: string };

export type EventQuery = {
  readonly filter: EventFilter;
  readonly time: TimeRange;
  /** By the place in the stream: when events were stored, not what their senders say of the time. */
  readonly order: "newest" | "oldest";
  /** Only events behind this stream sequence in that order; null: from the first on. A cursor is this. */
  readonly beyond: number | null;
  /** Passed over first. */
  readonly offset: number;
  readonly limit: number;
  /** `bounded` stops counting where it would take long; `totalIsExact` tells. */
  readonly count: "none" | "bounded" | "exact";
};
export type EventPage = {
  /** JSON text of each event: whoever only hands them on need not parse them. */
  readonly texts: readonly string[];
  /** The stream sequence of each. */
  readonly sequences: readonly number[];
  /** How many events match, whatever offset, limit and `beyond` say; null when not asked for. */
  readonly total: number | null;
  readonly totalIsExact: boolean;
};
/** Bounds on a number. */
export type NumberRange = { readonly gt?: number; readonly gte?: number; readonly lt?: number; readonly lte?: number };
/** What is computed over all events that match; `count` is how many numbers it was computed from. */
export type Aggregator = {
  readonly type: "count" | "min" | "max" | "average" | "sum" | "percentiles" | "stats";
  /** A dotted path into the value; null: the value itself. Without field and range, `count` counts events and not numbers. */
  readonly field: string | null;
  /** Only numbers within these bounds; null: any. */
  readonly range: NumberRange | null;
  /** From 0 to 100, for `percentiles`. */
  readonly percents: readonly number[];
};
export type AggregateQuery = {
  readonly filter: EventFilter;
  readonly time: TimeRange;
  readonly aggregator: Aggregator;
  /** Length of each bucket; they begin at multiples of it since 1970 in UTC. Null: one value over all. */
  readonly intervalMs: number | null;
  /** Where a range without an end ends. */
  readonly now: string;
};
/**
 * Null where there is no number to compute it from; of percentiles, one value for each percent; of stats, each by its name. The sum
 * of stats is null, too, where it is more than a number can hold.
 */
export type AggregateValue = number | null | Readonly<Record<string, number | null>>;
export type Bucket = { readonly timestamp: string; readonly value: AggregateValue; readonly count: number };
export type AggregateAnswer =
  | { readonly kind: "value"; readonly value: AggregateValue; readonly count: number }
  | { readonly kind: "buckets"; readonly buckets: readonly Bucket[] }
  /** Events match and have something at the field, but none has a number there. */
  | { readonly kind: "not-numbers"; readonly found: string }
  /** From when to when they would be. */
  | {
      readonly kind: "too-many-buckets";
      readonly buckets: number;
      readonly bucketsMax: number;
      readonly from: string;
      readonly to: string;
    }
  /** More numbers than percentiles are computed from. */
  | { readonly kind: "too-many-numbers"; readonly numbersMax: number }
  /** The sum, or one of them, is more than a number can hold. */
  | { readonly kind: "sum-too-large" };

export type IndexedEvent = { readonly seq: number; readonly event: Event };

/** Ids that one question may name. */
export const idsMax = 1_000;

export type Answers = {
  eventPage(query: EventQuery): EventPage;
  aggregate(query: AggregateQuery): AggregateAnswer;
  /** By Drover's id, or else by the one that the sender of a CloudEvent gave it. */
  event(id: string): Event | null;
  /** Those to which the senders of CloudEvents gave this id, oldest first. */
  sentAs(id: string, countMax: number): readonly Event[];
  /** The stream sequence of the event that `event` finds. */
  sequenceOf(id: string): number | null;
  /** Where events of a time lie, from the first instant (ms) up to and with the second. */
  stretches(fromMs: number, toMs: number): KnownStretches;
  /** Those of `ids` under which an event is stored. */
  knownEvents(ids: readonly string[]): readonly string[];
  /** Events that the run emitted, oldest first; not those about the run itself. */
  emittedBy(run: string, countMax: number): readonly Event[];
  run(id: string): RunRecord | null;
  runsById(ids: readonly string[]): readonly RunRecord[];
  runs(query: RunQuery): { readonly runs: readonly RunRecord[]; readonly total: number };
  slots(query: SlotQuery): { readonly slots: readonly SlotRecord[]; readonly total: number };
  summaries(workflows: readonly string[]): readonly RunsSummary[];
  /** Of all workflows with runs that are not over. */
  openRuns(): readonly OpenRuns[];
  /** How the index is. */
  indexed(): IndexStatus;
  stopping(countMax: number): readonly RunRecord[];
  causedBy(event: string, countMax: number): readonly RunRecord[];
};

/** How the index is. What it lags behind is the end of the stream less `lastSequence`. */
export type IndexStatus = {
  readonly events: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Of the file. */
  readonly bytes: number;
  readonly schema: number;
  /** It was empty, and has seen the stream up to the sequence `through` out of what the stream held then. Null: it has seen all that. */
  readonly rebuilding: { readonly through: number; readonly of: number } | null;
};

/** In place of a sequence: the index is asked as it is, however little it has seen. What it does not know proves nothing then. */
export const asItIs = -1;

export type Question = keyof Answers;

/** Asked across threads: the question's name, what it takes, and the sequence that must have passed first (or `asItIs`). */
export type Asked = {
  readonly id: number;
  readonly question: Question;
  readonly given: readonly unknown[];
  readonly passed: number;
  /** When that was, in ms since 1970. */
  readonly askedAtMs: number;
};

/** What may look at many events: computed in pieces, between which others have their turn. */
export type SlowQuestion = "eventPage" | "aggregate";

export function isSlow(question: Question): question is SlowQuestion {
  return question === "eventPage" || question === "aggregate";
}

/** The one place where a question's name meets its arguments again: `Asked` is made by `EventIndex.ask`, whose types fit. */
export function answer(answers: Answers, { question, given }: Asked): unknown {
  return (answers[question] as (...args: readonly unknown[]) => unknown)(...given);
}

export function eventsOf({ texts }: EventPage): Event[] {
  return texts.map((text) => JSON.parse(text) as Event);
}
