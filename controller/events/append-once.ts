// Events that their senders name, stored once however often and however late they come again.
//
//   O1. What comes again within the stream's duplicate window is refused by JetStream; what is older is found in the index. The
//       index must have passed the end of the stream of at most endAgeMax ago: what is younger is within the window, also when a
//       publish takes as long as it may. So the index may lag, and only one that lags more makes senders of named events wait.
//   O2. Whoever comes again is answered with the event as it is stored.
//   O3. Events without a name pay nothing for this. Lookups of one turn are one question.
import { duplicateWindowMs } from "../../bus/streams.ts";
import type { Event } from "../../model/event.ts";
import type { RunHistory } from "../runs/history.ts";
import { type Appender, type EventToAppend, giveUpAfterMs } from "./append.ts";

const endAgeMaxMs = (duplicateWindowMs - giveUpAfterMs) / 2;
/** Ids that one question may hold. */
const idsMax = 1_000;

export type AppendOnce = {
  append(event: EventToAppend): Promise<Event>;
  /** As Appender.appendAll. */
  appendAll(events: Iterable<EventToAppend>): Promise<readonly string[]>;
};

type Parts = {
  readonly appender: Pick<Appender, "append" | "store" | "appendAll">;
  readonly history: Pick<RunHistory, "event" | "knownEvents" | "streamEnd">;
  /** Monotonic. */
  readonly nowMs?: () => number;
};

/** Both reject with IndexUnavailable, too, when it is not known whether a named event is stored. */
export function createAppendOnce({ appender, history, nowMs = () => performance.now() }: Parts): AppendOnce {
  let end: { readonly sequence: Promise<number>; readonly askedAtMs: number } | null = null;
  let turn: { readonly ids: string[]; readonly known: Promise<ReadonlySet<string>> } | null = null;

  return {
    append: (event) => (event.id === undefined ? appender.append(event) : appendNamed({ id: event.id, ...event })),
    appendAll: (events) => appender.appendAll(events, knownOf),
  };

  async function appendNamed(event: Event): Promise<Event> {
    const { id } = event;
    if ((await knownInTurn(id)).has(id)) return (await stored(id, 0)) ?? event;
    const { seq, duplicate } = await appender.store(event);
    return duplicate ? ((await stored(id, seq)) ?? event) : event;
  }

  /** Null when it cannot be read now, or is gone: that it is stored is known all the same. */
  async function stored(id: string, passed: number): Promise<Event | null> {
    const event = await history.event(id, passed).catch(() => null);
    return event?.id === id ? event : null;
  }

  function knownInTurn(id: string): Promise<ReadonlySet<string>> {
    if (turn === null || turn.ids.length >= idsMax) {
      const ids: string[] = [];
      turn = { ids, known: new Promise(setImmediate).then(() => ask(ids)) };
    }
    turn.ids.push(id);
    return turn.known;
  }

  function ask(ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (turn?.ids === ids) turn = null;
    return knownOf(ids);
  }

  async function knownOf(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const passed = await recentEnd();
    const known = new Set<string>();
    for (let from = 0; from < ids.length; from += idsMax)
      for (const id of await history.knownEvents(ids.slice(from, from + idsMax), passed)) known.add(id);
    return known;
  }

  function recentEnd(): Promise<number> {
    const now = nowMs();
    if (end === null || now - end.askedAtMs > endAgeMaxMs) {
      const asked = { sequence: history.streamEnd(), askedAtMs: now };
      end = asked;
      asked.sequence.catch(() => {
        if (end === asked) end = null;
      });
    }
    return end.sequence;
  }
}
