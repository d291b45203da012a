// Everything that the event index can be asked, and what it answers: one line each, the same for the thread that asks, the one
// that answers and the store.
import type { EventFilter } from "../../model/event-match.ts";
import type { Event } from "../../model/event.ts";
import type { RunQuery, RunRecord, RunsSummary, SlotQuery, SlotRecord } from "../runs/history.ts";

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
export type IndexedEvent = { readonly seq: number; readonly event: Event };

/** Ids that one question may name. */
export const idsMax = 1_000;

export type Answers = {
  eventPage(query: EventQuery): EventPage;
  event(id: string): Event | null;
  /** Those of `ids` under which an event is stored. */
  knownEvents(ids: readonly string[]): readonly string[];
  /** Events that the run emitted, oldest first; not those about the run itself. */
  emittedBy(run: string, countMax: number): readonly Event[];
  run(id: string): RunRecord | null;
  runsById(ids: readonly string[]): readonly RunRecord[];
  runs(query: RunQuery): { readonly runs: readonly RunRecord[]; readonly total: number };
  slots(query: SlotQuery): { readonly slots: readonly SlotRecord[]; readonly total: number };
  summaries(workflows: readonly string[]): readonly RunsSummary[];
  stopping(countMax: number): readonly RunRecord[];
  causedBy(event: string, countMax: number): readonly RunRecord[];
};

export type Question = keyof Answers;

/** Asked across threads: the question's name, what it takes, and the sequence that must have passed first. */
export type Asked = {
  readonly id: number;
  readonly question: Question;
  readonly given: readonly unknown[];
  readonly passed: number;
};

/** The one place where a question's name meets its arguments again: `Asked` is made by `EventIndex.ask`, whose types fit. */
export function answer(answers: Answers, { question, given }: Asked): unknown {
  return (answers[question] as (...args: readonly unknown[]) => unknown)(...given);
}

export function eventsOf({ texts }: EventPage): Event[] {
  return texts.map((text) => JSON.parse(text) as Event);
}
