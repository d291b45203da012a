// What became of runs and slots: a projection of the events of type `run` and `slot`, kept by the event index.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { eventsStream } from "../../bus/subjects.ts";
import type { EventIndex } from "../events/index.ts";
import { idsMax } from "../events/questions.ts";
import { walk } from "../events/walk.ts";
import type { Event } from "../../model/event.ts";
import { replaySource } from "../../model/replay.ts";
import type { AttemptState, RunReport, RunState } from "../../model/run.ts";
import type { SlotOutcome, SlotReport } from "../../model/slot.ts";

/** One attempt of a run. */
export type Attempt = Pick<
  RunReport,
  "attempt" | "revision" | "instance" | "startedAt" | "finishedAt" | "outcome" | "again"
> & { readonly state: AttemptState };

/** A run as it is now, with all its attempts in order. */
export type RunRecord = RunReport & {
  /** Of the last attempt that was made; 0 while none was. */
  readonly attempt: number;
  /** The number in the report that counts: more than `attempt` when the run ended while it waited. It orders what is told of it. */
  readonly turn: number;
  /** Why it is to end before its time, as long as it has not; null: it is not to. */
  readonly stopping: string | null;
  readonly attempts: readonly Attempt[];
};

export type RunQuery = {
  readonly workflow: string | null;
  /** The run's state, or for a dead letter how its last attempt ended. */
  readonly state: RunState | null;
  /** ISO 8601 instant: runs queued (or started, for a daemon) at or after it. */
  readonly since: string | null;
  readonly page: number;
  readonly perPage: number;
};

export type RunsSummary = {
  readonly workflow: string;
  /** Runs that wait, also those that wait to be given again. */
  readonly queued: number;
  readonly started: number;
  /** The newest run of which all, or an attempt, has ended. `error`: why it did not complete, in one line. */
  readonly last: (Pick<RunReport, "id" | "state" | "revision"> & { at: string | null; error: string | null }) | null;
};

export type SlotQuery = {
  readonly workflow: string;
  readonly outcome: SlotOutcome | null;
  readonly page: number;
  readonly perPage: number;
};

export type SlotRecord = SlotReport & { readonly event: string };

/** `passed`: the history must have seen this sequence of the event stream first. */
export type RunHistory = {
  run(id: string, passed: number): Promise<RunRecord | null>;
  /** Those of `ids` that the history knows, in any order. At most 1,000 ids. */
  runsById(ids: readonly string[], passed: number): Promise<readonly RunRecord[]>;
  /** Newest first. */
  runs(query: RunQuery, passed: number): Promise<{ readonly runs: readonly RunRecord[]; readonly total: number }>;
  /** Newest first. */
  slots(query: SlotQuery, passed: number): Promise<{ readonly slots: readonly SlotRecord[]; readonly total: number }>;
  event(id: string, passed: number): Promise<Event | null>;
  /** Those of `ids` under which an event is stored. At most 1,000 ids. */
  knownEvents(ids: readonly string[], passed: number): Promise<ReadonlySet<string>>;
  /** What the runs of these workflows are like now. At most 1,000 workflows. */
  summaries(workflows: readonly string[], passed: number): Promise<ReadonlyMap<string, RunsSummary>>;
  /** Runs that are to end before their time and have not. */
  stopping(countMax: number, passed: number): Promise<readonly RunRecord[]>;
  /** Runs whose cause is the event, oldest first. */
  causedBy(event: string, countMax: number, passed: number): Promise<readonly RunRecord[]>;
  /** Events that the run emitted, oldest first; not those about the run itself. */
  emittedBy(run: string, countMax: number, passed: number): Promise<readonly Event[]>;
  /** The events of type `replay` about an event, oldest first; without their values, which hold the event whole. */
  replaysOf(event: string, countMax: number, passed: number): Promise<readonly Event[]>;
  /** The last sequence of the event stream at this moment: what a question must have passed to know all that was stored before it. */
  streamEnd(): Promise<number>;
};

/** Rejects with IndexUnavailable when the index is behind or away; `streamEnd` fails when NATS is. */
export function createRunHistory(nc: NatsConnection, index: Pick<EventIndex, "ask">): RunHistory {
  let asking: Promise<number> | null = null;

  return {
    run: (id, passed) => index.ask("run", [id], passed),
    runsById: async (ids, passed) => index.ask("runsById", [atMost(ids)], passed),
    runs: (query, passed) => index.ask("runs", [query], passed),
    slots: (query, passed) => index.ask("slots", [query], passed),
    event: (id, passed) => index.ask("event", [id], passed),
    knownEvents: async (ids, passed) => new Set(await index.ask("knownEvents", [atMost(ids)], passed)),
    summaries: async (workflows, passed) => {
      const found = await index.ask("summaries", [atMost(workflows)], passed);
      return new Map(found.map((one) => [one.workflow, one]));
    },
    stopping: (countMax, passed) => index.ask("stopping", [countMax], passed),
    causedBy: (event, countMax, passed) => index.ask("causedBy", [event, countMax], passed),
    emittedBy: (run, countMax, passed) => index.ask("emittedBy", [run, countMax], passed),
    async replaysOf(event, countMax, passed) {
      const filter = { type: "replay", source: `${replaySource("")}*`, tags: [`events:${event}`] };
      const pages: Pick<EventIndex, "query"> = { query: (query, seen) => index.ask("eventPage", [query], seen) };
      const found: Event[] = [];
      for await (const one of walk(pages, { filter, time: {}, after: null }, passed))
        if (found.push({ ...one.event, value: "" }) >= countMax) break;
      return found;
    },
    streamEnd: () => (asking ??= askStreamEnd()),
  };

  /** Calls of one turn share a request. A later call may know of something that the request on its way does not. */
  async function askStreamEnd(): Promise<number> {
    await new Promise(setImmediate);
    asking = null;
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    return (await jsm.streams.info(eventsStream)).state.last_seq;
  }
}

function atMost(ids: readonly string[]): readonly string[] {
  if (ids.length > idsMax) throw new RangeError(`${ids.length} ids in one question; at most ${idsMax}`);
  return ids;
}
