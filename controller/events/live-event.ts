// An event with its place in the stream, shared by all who follow: what one of them makes of it, the others need not make again.
import type { Event } from "../../model/event.ts";

export type LiveEvent = {
  /** The stream sequence. */
  readonly seq: number;
  readonly event: Event;
};

/** `encode`, called once for each event however many ask for its result. */
export function onceForAll<T extends object>(encode: (live: LiveEvent) => T): (live: LiveEvent) => T {
  const known = new WeakMap<LiveEvent, T>();
  return (live) => {
    let made = known.get(live);
    if (made === undefined) known.set(live, (made = encode(live)));
    return made;
  };
}
