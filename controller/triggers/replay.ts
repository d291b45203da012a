// Stores the events of a replay, some at a time, in the order of the stream.
//
//   P1. The id of each follows from the replay, the workflow and the event that is replayed: a part that is asked for again, by
//       whoever and however much later, stores only what is missing of it.
//   P2. They are stored one after the other, so that what a crash leaves is the beginning of a part.
//   P3. One part looks at no more than lookedMax events; where it ended is told, however few it chose.
import { type Event, expandTags } from "../../model/event.ts";
import { type ReplayQuery, type ReplayReport, replaySource } from "../../model/replay.ts";
import type { Appender } from "../events/append.ts";
import { eventIdOf } from "../events/event-id.ts";
import type { EventIndex } from "../events/index.ts";
import { type Walked, walk } from "../events/walk.ts";
import type { RunHistory } from "../runs/history.ts";
import { runIdOf } from "../runs/run-id.ts";
import type { PassedOver, ReplayChoice } from "./replay-choice.ts";

/** Events that the index finds for one part. */
const lookedMax = 5_000;
/** What one question about known events may hold is more. */
export const replayedAtOnceMax = 500;

export type ReplayPart = {
  readonly chosen: readonly Walked[];
  readonly passedOver: Readonly<Record<PassedOver, number>>;
  /** The stream sequence behind which the next part begins; null: this was the last one. */
  readonly next: number | null;
};

/** At most `countMax` events behind the stream sequence `after` (null: from the first on). */
export async function replayPart(
  index: Pick<EventIndex, "query">,
  {
    choice,
    query,
    after,
    countMax,
  }: { choice: ReplayChoice; query: ReplayQuery; after: number | null; countMax: number },
  passed: number,
): Promise<ReplayPart> {
  const time = { gte: query.since, lt: query.until };
  const chosen: Walked[] = [];
  const passedOver = { own: 0, loop: 0 };
  let looked = 0;
  for await (const one of walk(index, { filter: choice.filter, time, after }, passed)) {
    const judged = choice.judge(one.event);
    if (judged === "chosen") chosen.push(one);
    else if (judged !== "none") passedOver[judged] += 1;
    looked += 1;
    if (chosen.length >= countMax || looked >= lookedMax) return { chosen, passedOver, next: one.sequence };
  }
  return { chosen, passedOver, next: null };
}

export type Replaying = Pick<ReplayReport, "replay" | "by" | "query"> & { readonly workflow: string };

/** Resolves when all are durable, with how many were stored now; the others were before. */
export async function storeReplayed(
  chosen: readonly Walked[],
  replaying: Replaying,
  parts: {
    readonly appender: Pick<Appender, "append">;
    readonly history: Pick<RunHistory, "knownEvents" | "streamEnd">;
    readonly now: () => Date;
  },
): Promise<{ readonly stored: number; readonly known: number }> {
  if (chosen.length === 0) return { stored: 0, known: 0 };
  const ids = chosen.map(({ event }) => replayedId(event, replaying));
  // Within minutes JetStream itself refuses a copy; what is older, the history knows.
  const known = await parts.history.knownEvents(ids, await parts.history.streamEnd());
  let stored = 0;
  for (const [place, one] of chosen.entries()) {
    const id = ids[place];
    if (id === undefined || known.has(id)) continue;
    await parts.appender.append(eventOf(id, one, replaying, parts.now()));
    stored += 1;
  }
  return { stored, known: chosen.length - stored };
}

function replayedId({ id }: Event, { replay, workflow }: Replaying): string {
  return eventIdOf("replay", replay, workflow, id);
}

function eventOf(id: string, { event, sequence }: Walked, { workflow, ...part }: Replaying, now: Date): Event {
  const value: ReplayReport = { replay: part.replay, by: part.by, event, sequence, query: part.query };
  const about = [`replays:${part.replay}`, `runs:${runIdOf(workflow, id)}`, `workflows:${workflow}`];
  return {
    id,
    source: replaySource(workflow),
    type: "replay",
    tags: expandTags(["replay", ...about, `events:${event.id}`]),
    value,
    timestamp: now.toISOString(),
    cause: event.id,
    ...(event.hops !== undefined && { hops: event.hops }),
  };
}
