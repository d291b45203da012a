// The events of decided slots. A slot that ran is turned into its run by whoever reads the stream of events.
//
//   S1. An event's id follows from workflow and due time. Within minutes JetStream refuses a second copy; later, or when a first
//       try may have been stored, the history is asked before it is stored again.
import type { Logger } from "pino";
import { expandTags } from "../../model/event.ts";
import type { SlotReport } from "../../model/slot.ts";
import type { AppendEvent } from "../events/append.ts";
import type { RunHistory } from "../runs/history.ts";
import { slotEventId } from "./slot-reporting.ts";

const tryAgainWaitMs = 1_000;
/** What one question to the history may hold. */
const idsPerQuestion = 1_000;

export type SlotEvents = {
  /** Resolves when all are durable; false when the signal ended it before. */
  store(reports: readonly SlotReport[]): Promise<boolean>;
  /** Those reports whose events are not stored. */
  unknownOf(reports: readonly SlotReport[]): Promise<SlotReport[]>;
};

export function createSlotEvents(parts: {
  append: AppendEvent;
  history: Pick<RunHistory, "knownEvents" | "streamEnd">;
  now: () => Date;
  signal: AbortSignal;
  log: Logger;
}): SlotEvents {
  const { append, history, now, signal, log } = parts;

  return {
    async store(reports) {
      try {
        await Promise.all(reports.map(storeOne));
        return true;
      } catch (error) {
        log.warn({ error: String(error) }, "slots could not be stored as events; trying again");
      }
      return storeUntilDone(reports);
    },
    unknownOf,
  };

  async function storeUntilDone(reports: readonly SlotReport[]): Promise<boolean> {
    while (!signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, tryAgainWaitMs));
      try {
        await Promise.all((await unknownOf(reports)).map(storeOne));
        return true;
      } catch (error) {
        log.debug({ error: String(error) }, "slots still cannot be stored as events");
      }
    }
    return false;
  }

  async function unknownOf(reports: readonly SlotReport[]): Promise<SlotReport[]> {
    const passed = reports.length === 0 ? 0 : await history.streamEnd();
    const unknown: SlotReport[] = [];
    for (let from = 0; from < reports.length; from += idsPerQuestion) {
      const asked = reports.slice(from, from + idsPerQuestion);
      const known = await history.knownEvents(asked.map(idOf), passed);
      unknown.push(...asked.filter((report) => !known.has(idOf(report))));
    }
    return unknown;
  }

  async function storeOne(report: SlotReport): Promise<void> {
    const { workflow, outcome } = report;
    await append({
      id: idOf(report),
      source: "/controller",
      type: "slot",
      tags: expandTags([`slots:${workflow}`, `workflows:${workflow}`, `slot:${outcome}`]),
      value: report,
      timestamp: now().toISOString(),
    });
  }
}

function idOf({ workflow, due }: SlotReport): string {
  return slotEventId(workflow, due);
}
