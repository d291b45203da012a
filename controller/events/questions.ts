// Everything that the event index can be asked, and what it answers: one line each, the same for the thread that asks, the one
// that answers and the store.
import type { Event } from "../../model/event.ts";
import type { RunQuery, RunRecord, RunsSummary, SlotQuery, SlotRecord } from "../runs/history.ts";

/** `tags` must all be present; `type` is exact. `page` counts from 1. */
export type EventQuery = {
  readonly tags: readonly string[];
  readonly type: string | null;
  readonly page: number;
  readonly perPage: number;
};
export type EventPage = { readonly events: readonly Event[]; readonly total: number };
export type IndexedEvent = { readonly seq: number; readonly event: Event };

/** Ids that one question may name. */
export const idsMax = 1_000;

export type Answers = {
  events(query: EventQuery): EventPage;
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
