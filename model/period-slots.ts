// The slots of a period: calendar arithmetic in UTC from the start, so that the 31st of January and every month after is the last
// of February, then the 31st of March. No slot is computed from the one before it.
import { lengthsOf, parseDuration } from "./duration.ts";
import type { SlotSource } from "./slots.ts";

/** Of the Gregorian calendar; only for a first guess. */
const averageMonthMs = 2_629_746_000;

/**
 * Slot k lies k periods after the base. With `start` that is the base, and its first slot; without, the base is the moment the
 * schedule was saved, and the first slot is one period later.
 */
export function periodSlots({ period, start }: { readonly period: string; readonly start?: string }): SlotSource {
  const parsed = parseDuration(period);
  if (!parsed.ok) throw new Error(`not a duration: ${period}`);
  const { months, fixedMs } = lengthsOf(parsed.value);
  const averageMs = months * averageMonthMs + fixedMs;
  const startMs = start === undefined ? null : Date.parse(start);
  const first = startMs === null ? 1 : 0;

  return {
    next(scheduledAtMs, afterMs) {
      const baseMs = startMs ?? scheduledAtMs;
      const k = Math.max(first, lastUntil(baseMs, Math.max(afterMs, scheduledAtMs)) + 1);
      return { dueMs: slotAt(baseMs, k), index: k - first, note: null };
    },
    last(scheduledAtMs, untilMs) {
      const baseMs = startMs ?? scheduledAtMs;
      const k = lastUntil(baseMs, untilMs);
      const dueMs = slotAt(baseMs, k);
      return k < first || dueMs <= scheduledAtMs ? null : { dueMs, index: k - first, note: null };
    },
  };

  /** The greatest k whose slot is at or before `untilMs`; -1 when there is none. The guess is off by a step or two at most. */
  function lastUntil(baseMs: number, untilMs: number): number {
    if (untilMs < baseMs) return -1;
    let k = Math.floor((untilMs - baseMs) / averageMs);
    while (slotAt(baseMs, k) > untilMs) k--;
    while (slotAt(baseMs, k + 1) <= untilMs) k++;
    return k;
  }

  /** Infinity for what no date can hold. */
  function slotAt(baseMs: number, k: number): number {
    const ms = addMonths(baseMs, k * months) + k * fixedMs;
    return Number.isNaN(ms) ? Infinity : ms;
  }
}

/** A day that the month does not have becomes its last. */
function addMonths(ms: number, months: number): number {
  if (months === 0) return ms;
  const date = new Date(ms);
  const day = date.getUTCDate();
  date.setUTCMonth(date.getUTCMonth() + months, 1);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  return date.setUTCDate(Math.min(day, lastDay));
}
