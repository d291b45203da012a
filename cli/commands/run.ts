// Runs a workflow by hand.
//
//   R1. One call of this command is one run: every request of it carries the same idempotency key.
//   R2. Waiting is asked for in slices, so that it may last longer than one answer may, and outlives a restart of the controller.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, Unreachable } from "../failure.ts";
import { serialised } from "../format.ts";
import { outcomeText, tookText } from "../run-text.ts";
import type { Session } from "../session.ts";
import { valueOf } from "../value.ts";
import type { RunView, Triggered } from "../views.ts";

const sliceSeconds = 20;
const retryWaitMs = 1_000;

export type RunOptions = {
  readonly value: string | null;
  /** How long to wait for its end; null: not at all, Infinity: until then. */
  readonly waitMs: number | null;
  readonly json: boolean;
};

export async function run(session: Session, name: string, { value, waitMs, json }: RunOptions): Promise<void> {
  const request = { value: value === null ? "" : valueOf(value), key: crypto.randomUUID() };
  const triggered = await session.api.run(name, { ...request, wait: null });
  const id = "run" in triggered ? triggered.run : triggered.id;
  if (waitMs === null) {
    session.print(json ? serialised(triggered, "json") : `run ${id}\n`);
    return;
  }
  if (!json) session.say(`run ${id}`);
  const over = await untilOver((wait) => session.api.run(name, { ...request, wait }), { waitMs, say: session.say });
  if (over === null) throw new Failure(`run ${id} is not over yet; drover describe run ${id} shows how it is`);
  session.print(json ? serialised(over, "json") : endText(over));
  if (over.state !== "completed") throw new Failure(`run ${id} ${over.state}: ${outcomeText(over.outcome)}`);
}

/** Null when it is not over within the time. A controller that goes away meanwhile is waited for. */
async function untilOver(
  ask: (wait: string) => Promise<Triggered | RunView>,
  { waitMs, say }: { waitMs: number; say: (line: string) => void },
): Promise<RunView | null> {
  const deadlineMs = performance.now() + waitMs;
  let away = false;
  for (;;) {
    const leftSeconds = (deadlineMs - performance.now()) / 1_000;
    if (leftSeconds <= 0) return null;
    try {
      const answer = await ask(`PT${Math.max(0.001, Math.min(sliceSeconds, leftSeconds)).toFixed(3)}S`);
      away = false;
      if ("attempts" in answer) return answer;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (!away) say(`the controller is gone (${error.reason}); waiting for it`);
      away = true;
      await sleep(retryWaitMs);
    }
  }
}

function endText(over: RunView): string {
  const result = over.outcome?.kind === "completed" ? `: ${outcomeText(over.outcome)}` : "";
  return `run ${over.id} ${over.state} in ${tookText(over)}${result}\n`;
}
