// Makes durable what an event sets off: the runs in the queue, and the reports of those that may not run as run events.
import type { Logger } from "pino";
import type { Event } from "../../model/event.ts";
import { type RunReport, runEventId, runTags } from "../../model/run.ts";
import type { AppendEvent } from "../events/append.ts";
import type { RunHistory } from "../runs/history.ts";
import type { RunQueue } from "../runs/queue.ts";
import type { SetOff } from "./runs-of-event.ts";

/** Resolves with those that are not durable and are to be tried again. `checked`: they may have been made durable before. */
export type EnqueueRuns = (found: readonly SetOff[], options: { readonly checked: boolean }) => Promise<SetOff[]>;

export function createEnqueueRuns(parts: {
  queue: Pick<RunQueue, "enqueue">;
  history: Pick<RunHistory, "runsById" | "streamEnd">;
  append: AppendEvent;
  log: Logger;
}): EnqueueRuns {
  const { queue, history, append, log } = parts;

  return async (found, { checked }) => {
    const left = await Promise.all(
      found.map(async (one) => {
        try {
          await enqueue(one, checked);
          return null;
        } catch (error) {
          const workflow = one.kind === "queue" ? one.run.workflow : one.report.workflow;
          log.warn({ workflow, error: String(error) }, "a run could not be queued; trying again");
          return one;
        }
      }),
    );
    return left.filter((one) => one !== null);
  };

  async function enqueue(one: SetOff, checked: boolean): Promise<void> {
    switch (one.kind) {
      case "queue":
        await queue.enqueue(one.run, { checked });
        return;
      case "record":
        if (!checked || !(await isKnown(one.report.id))) await append(eventOf(one.report));
    }
  }

  /** A run that was queued before its workflow was suspended is not skipped now. A dead letter that was given again may be. */
  async function isKnown(run: string): Promise<boolean> {
    const records = await history.runsById([run], await history.streamEnd());
    return records.some(({ state }) => state !== "dead");
  }
}

function eventOf(report: RunReport): Event {
  return {
    id: runEventId(report),
    source: "/controller",
    type: "run",
    tags: runTags(report),
    value: report,
    timestamp: report.finishedAt ?? new Date().toISOString(),
    run: report.id,
    hops: report.hops,
    ...(report.cause === null ? {} : { cause: report.cause }),
  };
}
