// What the code of a breed under test emits: answered as the stream would answer, and stored nowhere.
//
//   K1. An event is captured as it would have been stored, with the run that emitted it. One that says no run that is known here (it
//       was sent between two runs) is of the run that began last.
//   K2. Events with one id are one event, and a batch is captured whole or not at all, as in the stream.
//   K3. What is over the limits is refused as too large, and counted.
import { randomUUID } from "node:crypto";
import { type QueuedRun, causeOf } from "../../bus/run-message.ts";
import type { Event } from "../../model/event.ts";
import type { Appender, EventToAppend } from "../events/append.ts";
import { BatchTooLarge } from "../events/batch.ts";

/** Of one test; they are held in memory and make up one answer. */
const eventsMax = 1_000;
const eventsBytesMax = 8 * 1024 * 1024;

/** Takes events as an Appender does, as those of a workflow. */
export type TestSink = Pick<Appender, "append" | "appendAll"> & { readonly workflow: string };

export type Captured = {
  readonly events: readonly Event[];
  /** Those that were over the limits. */
  readonly refused: number;
};

export type Capture = {
  /** `run`: what the sender says of itself. */
  sink(run: string | null): TestSink;
  begun(run: string): void;
  of(run: string): Captured;
};

type OfRun = { readonly events: Event[]; refused: number };

/** `workflow`: whose events they would be. */
export function createCapture(workflow: string, runs: readonly QueuedRun[]): Capture {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const captured = new Map<string, OfRun>(runs.map(({ id }) => [id, { events: [], refused: 0 }]));
  const known = new Map<string, Event>();
  let bytes = 0;
  let [last] = runs;

  return {
    begun(run) {
      last = byId.get(run) ?? last;
    },
    of: (run) => captured.get(run) ?? { events: [], refused: 0 },
    sink: (said) => ({
      workflow,
      async append(event) {
        const [taken] = take([event], said);
        if (taken === undefined) throw new Error("an event that was captured cannot be found");
        return taken;
      },
      async appendAll(events) {
        return take([...events], said).map(({ id }) => id);
      },
    }),
  };

  function take(sent: readonly EventToAppend[], said: string | null): readonly Event[] {
    const run = (said === null ? undefined : byId.get(said)) ?? last;
    const ofRun = run && captured.get(run.id);
    if (run === undefined || ofRun === undefined) throw new Error("a test without runs has code that emits events");
    const events = sent.map((event) => asStored(event, run));
    const fresh = events.filter(
      ({ id }, place) => !known.has(id) && events.findIndex((other) => other.id === id) === place,
    );
    const freshBytes = Buffer.byteLength(JSON.stringify(fresh));
    if (known.size + fresh.length > eventsMax || bytes + freshBytes > eventsBytesMax) {
      ofRun.refused += fresh.length;
      throw new BatchTooLarge(`a test of a breed captures ${eventsMax} events or ${eventsBytesMax} bytes at most`);
    }
    bytes += freshBytes;
    for (const event of fresh) known.set(event.id, event);
    ofRun.events.push(...fresh);
    return [...new Set(events.map(({ id }) => id))].flatMap((id) => known.get(id) ?? []);
  }

  function asStored({ id = randomUUID(), ...event }: EventToAppend, run: QueuedRun): Event {
    return { id, ...event, run: run.id, cause: causeOf(run), hops: run.hops };
  }
}
