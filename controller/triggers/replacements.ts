// Ends the runs whose place a later slot takes (overlap: replace).
//
//   P1. That a run cannot be ended now (NATS or the index does not answer) holds up no slot: it is tried again beside them, until
//       the signal fires. A run that could not be ended by then runs to its end.
import type { Logger } from "pino";

const tryAgainWaitMs = 1_000;
/** Five minutes of trying; by then the run has most likely ended by itself. */
const triesMax = 300;
/** Tried again at once: more would be work for nobody while NATS is away. */
const replacedMax = 10_000;

/** Ends a run, wherever it is, as stopped. */
export type CancelRun = (workflow: string, run: string, reason: string) => Promise<void>;

export type Replacements = {
  /** Returns at once. */
  end(workflow: string, run: string): void;
};

export function createReplacements(parts: { cancel: CancelRun; signal: AbortSignal; log: Logger }): Replacements {
  const { cancel, signal, log } = parts;
  const trying = new Set<string>();

  return {
    end(workflow, run) {
      if (trying.has(run) || trying.size >= replacedMax) return;
      trying.add(run);
      void endUntilDone(workflow, run).finally(() => trying.delete(run));
    },
  };

  async function endUntilDone(workflow: string, run: string): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await cancel(workflow, run, "a later slot took its place");
        return;
      } catch (error) {
        log.warn(
          { workflow, run, tries, error: String(error) },
          "a run whose place a later slot takes is not ended yet",
        );
      }
      if (tries >= triesMax || !(await pause())) return;
    }
  }

  /** False when the signal has fired. */
  function pause(): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve(!signal.aborted);
      };
      const timer = setTimeout(end, tryAgainWaitMs);
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
    });
  }
}
