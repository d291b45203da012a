// What it takes to follow the event stream, the same for server-sent events and WebSockets.
//
//   T1. First the past in the order of the stream, then what happens; each event once (events/live.ts).
//   T2. `since` and `until` are about the events' own time: of an event that was stored late, its time counts. What a resumed
//       reader has seen last decides where it goes on; the bounds on time hold for it as well.
//   T3. With `until` a tail is over when everything is sent that was stored by then. Events of that time that are stored later are
//       not waited for.
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyRequest } from "fastify";
import type { EventFilter } from "../../model/event-match.ts";
import type { Tail } from "../events/live.ts";
import type { LiveEvent } from "../events/live-event.ts";
import { asItIs } from "../events/questions.ts";
import { type Stretches, everything, stretchesOf } from "../events/stretches.ts";
import { type Period, periodOf } from "./beginning.ts";
import { eventFilterOf } from "./event-filter.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";
import { parameter } from "./query.ts";
import { refuseOtherWorkflows } from "./scope.ts";
import { lastEventId, sequenceOf } from "./sse.ts";

/** An event is stored a moment after the time that it carries. */
const settleMs = 500;
/** As long as a timer can be set. */
const sleepMsMax = 2_147_483_647;

export type TailRequest = Period & {
  readonly filter: EventFilter;
  /** Null: from now on. */
  readonly after: number | null;
  readonly stretches: Stretches;
};

/** Who reads. */
export type TailSink = {
  event(live: LiveEvent): void;
  /** Everything up to there was sent. */
  position(sequence: number): void;
  room(): Promise<void> | null;
  /** What was asked for is complete. */
  over(until: string): void;
  /** It cannot go on now; the reader may come again. */
  fail(): void;
};

/** Throws HttpProblem 400 or 404. */
export async function tailRequestOf(request: FastifyRequest, parts: HttpParts): Promise<TailRequest> {
  const filter = eventFilterOf(request);
  refuseOtherWorkflows(request, filter.workflow);
  const seen = await lastSeenOf(request, parts);
  const { since, until } = await periodOf(request, { resumed: seen !== null }, parts);
  const asked = { filter, since, until };
  if (since.kind === "event") return { ...asked, after: seen ?? since.sequence, stretches: everything };
  if (since.kind === "now") return { ...asked, after: seen, stretches: everything };
  const toMs = until === null ? Infinity : Date.parse(until) - 1;
  const known = await parts.index.ask("stretches", [Date.parse(since.at), toMs], asItIs);
  return { ...asked, after: seen ?? 0, stretches: stretchesOf(known) };
}

/** Returns what ends it. */
export function startTail(
  sink: TailSink,
  { filter, since, until, after, stretches }: TailRequest,
  { live, history, now }: Pick<HttpParts, "live" | "history" | "now">,
): () => void {
  const gone = new AbortController();
  const fromMs = since.kind === "moment" ? Date.parse(since.at) : -Infinity;
  const toMs = until === null ? Infinity : Date.parse(until);
  const isTimed = fromMs > -Infinity || toMs < Infinity;
  const push = (one: LiveEvent): void => {
    if (isTimed && !isWithin(one.event.timestamp)) return;
    sink.event(one);
  };
  const tail = live.tail(
    { filter, push, failed: () => sink.fail(), room: () => sink.room(), joined: (sequence) => sink.position(sequence) },
    after,
    stretches,
  );
  if (until !== null) void endAt(tail, until);
  return () => {
    gone.abort();
    tail.stop();
  };

  function isWithin(timestamp: string): boolean {
    const ms = Date.parse(timestamp);
    return ms >= fromMs && ms < toMs;
  }

  async function endAt(following: Tail, moment: string): Promise<void> {
    try {
      if (toMs > now().getTime()) await waitUntil(toMs + settleMs);
      await following.passed(await history.streamEnd());
      sink.over(moment);
    } catch {
      // The reader has gone, or NATS does not answer now.
      if (!gone.signal.aborted) sink.fail();
    }
  }

  async function waitUntil(ms: number): Promise<void> {
    for (let leftMs = ms - now().getTime(); leftMs > 0; leftMs = ms - now().getTime())
      await sleep(Math.min(leftMs, sleepMsMax), undefined, { signal: gone.signal });
  }
}

/** By the header, or for a client that cannot send it by the parameter. One that the stream never had would wait for ever. */
async function lastSeenOf(request: FastifyRequest, { live, history }: HttpParts): Promise<number | null> {
  const given = parameter(request, "last_event_id");
  const seen = lastEventId(request) ?? (given === null ? null : sequenceOf(given, "last_event_id"));
  if (seen === null || seen <= live.lastSequence || seen <= (await history.streamEnd())) return seen;
  throw new HttpProblem("invalid", `the last event id ${seen} is not of this stream, which has not come so far`);
}
