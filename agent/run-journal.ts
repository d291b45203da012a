// The starts and ends of runs, as events of type `run`. Writing one never waits: it is kept until it is stored.
//
//   J1. At most keptMax events wait. When there is no room the oldest start goes first, as its end says the same and more.
//   J2. The id of an event follows from the run, its attempt and its state, so it is stored once however often it is sent.
import { eventSubject } from "../bus/subjects.ts";
import { toCloudEvent } from "../model/cloud-event.ts";
import type { Event } from "../model/event.ts";
import { type RunReport, runEventId, runTags } from "../model/run.ts";
import type { Connection } from "./connection.ts";
import { type Delivery, deliver } from "./delivery.ts";
import { log } from "./log.ts";
import { createPump } from "./pump.ts";

const keptMax = 1_000;

export type RunJournal = {
  write(report: RunReport): void;
  /** Events that could not be kept or stored. */
  readonly dropped: number;
  /** Resolves when everything written so far is stored, or after waitMs. */
  flush(waitMs: number): Promise<void>;
};

export function createRunJournal(connection: Connection): RunJournal {
  const kept: RunReport[] = [];
  let dropped = 0;
  const pump = createPump(() => kept.shift(), store);

  return {
    write(report) {
      kept.push(report);
      if (kept.length > keptMax) {
        const oldestStart = kept.findIndex(({ state }) => state === "started");
        kept.splice(Math.max(0, oldestStart), 1);
        dropped += 1;
      }
      pump.wake();
    },
    get dropped() {
      return dropped;
    },
    flush: (waitMs) => pump.idle(waitMs),
  };

  async function store(report: RunReport): Promise<void> {
    const event = runEvent(report);
    const payload = toCloudEvent(event, report.workflow);
    const subject = eventSubject(report.workflow, event.type);
    const delivery: Delivery = await deliver(connection, { subject, payload, id: event.id }, Number.POSITIVE_INFINITY);
    if (delivery.kind === "stored") return;
    dropped += 1;
    log.warn("a run's event could not be stored", { run: report.id, state: report.state, reason: delivery.reason });
  }
}

/** The event of a change of a run, as its agent tells of it. */
export function runEvent(report: RunReport): Event {
  const { id, workflow, cause, hops } = report;
  return {
    id: runEventId(report),
    source: `/workflows/${workflow}`,
    type: "run",
    tags: runTags(report),
    value: report,
    timestamp: report.finishedAt ?? report.startedAt ?? report.queuedAt ?? new Date().toISOString(),
    run: id,
    ...(cause === null ? {} : { cause, hops }),
  };
}
