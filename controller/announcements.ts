// What a controller says of itself to the event stream: that it started or stops, leads or leads no more, and that its index was
// built again. What other parts of the controller do as a whole (nobody's workflow, nobody's call) belongs here as well.
//
//   A1. Saying something never waits and never fails. What is said is stored in its order, each once: its id is made when it is
//       said, and it is sent again until it is stored or the controller has ended.
//   A2. A controller that ends waits no longer than stopWaitMs for what is not stored yet: NATS may be away.
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { expandTags } from "../model/event.ts";
import type { AppendEvent, EventToAppend } from "./events/append.ts";

/** A controller that gains and loses the lead all the time while NATS is away says so many times; older words go first. */
const waitingMax = 100;
const againWaitMs = 1_000;
const stopWaitMs = 2_000;

export type Announcements = {
  /** It answers at `url`. */
  started(facts: { readonly version: string; readonly runtime: string; readonly url: string }): void;
  stopping(): void;
  /** Says so when it became another: only a gain and the loss of what was gained are said. */
  leads(leading: boolean): void;
  /** The index was built again from the stream, up to the sequence `through`. */
  indexRebuilt(facts: { readonly events: number; readonly through: number; readonly tookMs: number }): void;
  stop(): Promise<void>;
};

export function createAnnouncements(
  append: AppendEvent,
  { installation, now, log }: { installation: string; now: () => Date; log: Logger },
): Announcements {
  const waiting: EventToAppend[] = [];
  const ended = new AbortController();
  let leading = false;
  let storing: Promise<void> | null = null;

  return {
    started: (facts) => say("controller", "started", facts),
    stopping: () => say("controller", "stopping", {}),
    leads(leads) {
      if (leads === leading) return;
      leading = leads;
      say("lead", leads ? "gained" : "lost", {});
    },
    indexRebuilt: (facts) => say("index", "rebuilt", facts),
    async stop() {
      const timer = setTimeout(() => ended.abort(), stopWaitMs);
      await Promise.race([storing, new Promise((resolve) => ended.signal.addEventListener("abort", resolve))]);
      clearTimeout(timer);
      ended.abort();
    },
  };

  function say(type: string, state: string, facts: Readonly<Record<string, unknown>>): void {
    if (waiting.length >= waitingMax) waiting.shift();
    waiting.push({
      id: randomUUID(),
      source: "/controller",
      type,
      tags: expandTags([type, `${type}:${state}`, `installations:${installation}`]),
      value: { state, installation, ...facts },
      timestamp: now().toISOString(),
    });
    storing ??= storeAll().finally(() => (storing = null));
  }

  async function storeAll(): Promise<void> {
    for (let [event] = waiting; event && !ended.signal.aborted; [event] = waiting) {
      try {
        await append(event);
        // It may have had to go meanwhile.
        if (waiting[0] === event) waiting.shift();
      } catch (error) {
        log.debug({ error: String(error) }, "an announcement could not be stored; trying again");
        await new Promise((resolve) => setTimeout(resolve, againWaitMs));
      }
    }
  }
}
