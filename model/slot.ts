// A slot: one due time of a time schedule. Every slot ends as exactly one of these, and is an event of type `slot` (I3).
import { isObject } from "./reader.ts";

export const slotOutcomes = ["ran", "skipped", "missed", "coalesced"] as const;
/**
 * `ran`: it set off a run. `skipped`: the run before was still under way, or the workflow was suspended. `missed`: it was due while
 * nothing watched, and the schedule does not make up for it. `coalesced`: so, and a later one runs in its place.
 */
export type SlotOutcome = (typeof slotOutcomes)[number];

/** The value of an event of type `slot`. */
export type SlotReport = {
  readonly workflow: string;
  /** ISO 8601 instant in UTC; of the last one when the report is about several. */
  readonly due: string;
  readonly outcome: SlotOutcome;
  /** Why it did not run. */
  readonly reason: string | null;
  /** The run that it set off. */
  readonly run: string | null;
  /** Of the workflow, when the slot was due. */
  readonly revision: number;
  /** 1; more for a long stretch of slots without a run that is reported as one. */
  readonly count: number;
  /** The due time of the first one when the report is about several. */
  readonly from: string | null;
};

export function isSlotReport(value: unknown): value is SlotReport {
  return (
    isObject(value) &&
    typeof value["workflow"] === "string" &&
    typeof value["due"] === "string" &&
    slotOutcomes.some((one) => one === value["outcome"])
  );
}
