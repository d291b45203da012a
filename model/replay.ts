// A replay: stored events set a workflow off once more. Each of them does so as an event of its own, of type `replay`, which only
// the controller stores.
import type { Event } from "./event.ts";
import { isObject } from "./reader.ts";

/** Which events are replayed: instants in UTC, the last one not included, and what narrows the choice. */
export type ReplayQuery = {
  readonly since: string;
  readonly until: string;
  readonly tags: readonly string[];
  /** A topic pattern. */
  readonly type: string | null;
  /** Exact, or with one `*` at its end. */
  readonly source: string | null;
};

/** The value of an event of type `replay`. Its `cause` is the id of the event that is replayed, its `hops` are that one's. */
export type ReplayReport = {
  /** The id of the replay that it is part of. */
  readonly replay: string;
  /** Who asked for it. */
  readonly by: string;
  /** The event that is replayed, whole: it may be forgotten before its run begins. */
  readonly event: Event;
  /** Its place in the stream of events: the replay goes on behind it. */
  readonly sequence: number;
  readonly query: ReplayQuery;
};

const sourceBeginning = "/replay/";

export function replaySource(workflow: string): string {
  return `${sourceBeginning}${workflow}`;
}

/** What an event of type `replay` says, and which workflow it sets off; null for any other event. */
export function replayIn({
  type,
  source,
  value,
}: Pick<Event, "type" | "source" | "value">): (ReplayReport & { readonly workflow: string }) | null {
  if (type !== "replay" || !source.startsWith(sourceBeginning) || !isReplayReport(value)) return null;
  return { ...value, workflow: source.slice(sourceBeginning.length) };
}

function isReplayReport(value: unknown): value is ReplayReport {
  return (
    isObject(value) &&
    typeof value["replay"] === "string" &&
    Number.isSafeInteger(value["sequence"]) &&
    isObject(value["query"]) &&
    isObject(value["event"]) &&
    typeof value["event"]["id"] === "string" &&
    typeof value["event"]["type"] === "string" &&
    Array.isArray(value["event"]["tags"])
  );
}
