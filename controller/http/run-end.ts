// The end of a run, waited for on the live event stream; what the history says of it is believed, not the event alone.
import { type RunReport, isOver, isRunReport } from "../../model/run.ts";
import { followersMax } from "../events/live.ts";
import type { RunRecord } from "../runs/history.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";

export type RunEnd = Disposable & {
  /** The run when it is over; null when it is not within the time, or the signal fires. */
  within(waitMs: number, signal: AbortSignal): Promise<RunRecord | null>;
};

/** Follows from now on: begun before the run is set off, nothing is missed. Throws HttpProblem 503 when too many follow. */
export function followEnd(run: string, { live, history }: Pick<HttpParts, "live" | "history">): RunEnd {
  if (live.tailers >= followersMax) {
    throw new HttpProblem("unavailable", `${followersMax} callers follow the stream already; ask without wait`);
  }
  const over = Promise.withResolvers<RunRecord>();
  // Whoever has stopped waiting does not hear of a failure.
  over.promise.catch(() => {});
  const filter = { tags: [`runs:${run}`], type: "run" };
  const tail = live.tail(
    { filter, push: ({ seq, event }) => void (saysOver(event.value) && look(seq)), failed: over.reject },
    null,
  );

  return {
    async within(waitMs, signal) {
      // Of a request that repeats an earlier one, the run may be over already.
      look(live.lastSequence);
      const gaveUp = Promise.withResolvers<null>();
      const giveUp = (): void => gaveUp.resolve(null);
      const timer = setTimeout(giveUp, waitMs);
      signal.addEventListener("abort", giveUp);
      try {
        return await Promise.race([over.promise, gaveUp.promise]);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
      }
    },
    [Symbol.dispose]: () => tail.stop(),
  };

  function look(passed: number): void {
    history
      .run(run, passed)
      .then((record) => (record && isOver(record) ? over.resolve(record) : undefined))
      .catch(over.reject);
  }
}

function saysOver(value: unknown): boolean {
  return isRunReport(value) && isOver(value satisfies RunReport);
}
