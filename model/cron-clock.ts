// The wall times that a cron expression names, as a clock without a time zone shows them (time-zone.ts makes instants of them).
//
//   K1. cron-parser reads the expression; its own search takes 12 to 430 µs for each time, this one about 1 µs.
//   K2. A day matches as in cron-parser: by the day of the month or of the week when both are restricted, else by the one that is.
//   K3. No search and no count walks from time to time: they go by months, and within a day by the number of times in it.
import { CronExpressionParser } from "cron-parser";
import {
  type CronDays,
  cronDays,
  dayCount,
  daysUntil,
  hasDay,
  highestDay,
  lowestDay,
  monthStartMs,
} from "./cron-days.ts";
import { type CronField, cronField } from "./cron-field.ts";

export type CronClock = {
  /** The first time after `wallMs`, or null when there is none. */
  next(wallMs: number): number | null;
  /** The last time at or before `wallMs`, or null when there is none. */
  last(wallMs: number): number | null;
  /** How many times there are after `afterMs`, up to and including `untilMs`. */
  count(afterMs: number, untilMs: number): number;
};

const dayMs = 86_400_000;
/** The calendar repeats itself after so many months: what does not happen within them never does. */
const monthsSearchedMax = 400 * 12;

/** Expressions kept; one more and all are read again when they are asked for. Each takes about six kilobytes. */
const clocksMax = 4_096;
const clocks = new Map<string, CronClock>();

/** Shared by all schedules with the same expression. Throws an Error with the reason when it cannot be read. */
export function cronClockOf(expression: string): CronClock {
  const known = clocks.get(expression);
  if (known) return known;
  const { fields } = CronExpressionParser.parse(expression, { tz: "UTC" });
  const clock = createCronClock(cronDays(fields), {
    hours: cronField(fields.hour.values, 24),
    minutes: cronField(fields.minute.values, 60),
    seconds: cronField(fields.second.values, 60),
  });
  if (clocks.size >= clocksMax) clocks.clear();
  clocks.set(expression, clock);
  return clock;
}

type Fields = { readonly hours: CronField; readonly minutes: CronField; readonly seconds: CronField };

function createCronClock(daysOf: CronDays, { hours, minutes, seconds }: Fields): CronClock {
  const firstInDay = secondsOf(hours.first, minutes.first, seconds.first);
  const lastInDay = secondsOf(hours.last, minutes.last, seconds.last);
  const timesInHour = minutes.count * seconds.count;
  const timesInDay = hours.count * timesInHour;

  return { next, last, count };

  function next(wallMs: number): number | null {
    const from = wallTime(Math.floor(wallMs / 1000) * 1000 + 1000);
    let days = daysOf(from.month);
    const today = hasDay(days, from.day) ? firstFrom(from) : null;
    if (today !== null) return from.dayMs + today * 1000;
    days &= ~daysUntil(from.day);
    for (let month = from.month; month <= from.month + monthsSearchedMax; days = daysOf(++month)) {
      if (days !== 0) return monthStartMs(month) + (lowestDay(days) - 1) * dayMs + firstInDay * 1000;
    }
    return null;
  }

  function last(wallMs: number): number | null {
    const until = wallTime(Math.floor(wallMs / 1000) * 1000);
    let days = daysOf(until.month);
    const today = hasDay(days, until.day) ? lastUntil(until) : null;
    if (today !== null) return until.dayMs + today * 1000;
    days &= daysUntil(until.day - 1);
    for (let month = until.month; month >= until.month - monthsSearchedMax; days = daysOf(--month)) {
      if (days !== 0) return monthStartMs(month) + (highestDay(days) - 1) * dayMs + lastInDay * 1000;
    }
    return null;
  }

  function count(afterMs: number, untilMs: number): number {
    if (untilMs <= afterMs) return 0;
    const after = wallTime(Math.floor(afterMs / 1000) * 1000);
    const until = wallTime(Math.floor(untilMs / 1000) * 1000);
    let total = countInMonth(until) - countInMonth(after);
    for (let month = after.month; month < until.month; month++) total += dayCount(daysOf(month)) * timesInDay;
    return total;
  }

  /** From the start of the month, up to and including the time. */
  function countInMonth(time: WallTime): number {
    const days = daysOf(time.month);
    const before = dayCount(days & daysUntil(time.day - 1)) * timesInDay;
    return hasDay(days, time.day) ? before + countInDay(time) : before;
  }

  function countInDay({ hour, minute, second }: WallTime): number {
    const before = hours.below(hour) * timesInHour;
    if (!hours.has(hour)) return before;
    return before + minutes.below(minute) * seconds.count + (minutes.has(minute) ? seconds.below(second + 1) : 0);
  }

  /** In seconds of the day. */
  function firstFrom({ hour, minute, second }: WallTime): number | null {
    if (hours.has(hour)) {
      const inMinute = minutes.has(minute) ? seconds.from(second) : null;
      if (inMinute !== null) return secondsOf(hour, minute, inMinute);
      const later = minutes.from(minute + 1);
      if (later !== null) return secondsOf(hour, later, seconds.first);
    }
    const later = hours.from(hour + 1);
    return later === null ? null : secondsOf(later, minutes.first, seconds.first);
  }

  function lastUntil({ hour, minute, second }: WallTime): number | null {
    if (hours.has(hour)) {
      const inMinute = minutes.has(minute) ? seconds.until(second) : null;
      if (inMinute !== null) return secondsOf(hour, minute, inMinute);
      const earlier = minutes.until(minute - 1);
      if (earlier !== null) return secondsOf(hour, earlier, seconds.last);
    }
    const earlier = hours.until(hour - 1);
    return earlier === null ? null : secondsOf(earlier, minutes.last, seconds.last);
  }
}

type WallTime = {
  /** As CronDays counts it. */
  readonly month: number;
  readonly day: number;
  /** When the day starts. */
  readonly dayMs: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
};

function wallTime(wallMs: number): WallTime {
  const date = new Date(wallMs);
  const startMs = Math.floor(wallMs / dayMs) * dayMs;
  const second = (wallMs - startMs) / 1000;
  return {
    month: date.getUTCFullYear() * 12 + date.getUTCMonth(),
    day: date.getUTCDate(),
    dayMs: startMs,
    hour: Math.floor(second / 3600),
    minute: Math.floor(second / 60) % 60,
    second: second % 60,
  };
}

function secondsOf(hour: number, minute: number, second: number): number {
  return hour * 3600 + minute * 60 + second;
}
