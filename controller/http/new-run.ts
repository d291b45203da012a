// A run whose id was given out a moment ago: the event that sets it off is stored, and its run is on its way to the queue. Whoever
// asks for it just then waits for that, instead of being told that there is no such run.
import { followersMax } from "../events/live.ts";
import type { RunRecord } from "../runs/history.ts";
import type { HttpParts } from "./parts.ts";

const queuedId = /^r-[0-9a-f]{32}$/;
/** From event to queue takes milliseconds; an id that nobody gave out costs its caller this much. */
const waitMsMax = 500;

/** Null when nothing is heard of the run within the time. */
export async function newlySetOff(
  id: string,
  { live, history }: Pick<HttpParts, "live" | "history">,
): Promise<RunRecord | null> {
  if (!queuedId.test(id) || live.tailers >= followersMax) return null;
  const heard = Promise.withResolvers<number | null>();
  const giveUp = (): void => heard.resolve(null);
  const filter = { tags: [`runs:${id}`], type: "run" };
  const tail = live.tail({ filter, push: ({ seq }) => heard.resolve(seq), failed: giveUp }, null);
  const timer = setTimeout(giveUp, waitMsMax);
  try {
    // It may have come between the question before and the tail.
    const known = await history.run(id, live.lastSequence);
    if (known) return known;
    const passed = await heard.promise;
    return passed === null ? null : await history.run(id, passed);
  } finally {
    clearTimeout(timer);
    tail.stop();
  }
}
