// The days of a month that a cron expression names, as bits: bit 0 is the first of the month.
import type { CronFieldCollection } from "cron-parser";

/** Of a month counted from the year 0, January being 0: `2026 * 12` is January 2026. */
export type CronDays = (month: number) => number;

/** A month is known by its number, its first weekday and its length: 84, and 7 more for February. */
const kindsOfMonth = 12 * 7 * 2;
/** No month has a 32nd day, so this is no set of days. */
const unknown = -1;
const dayMs = 86_400_000;

export function cronDays(fields: CronFieldCollection): CronDays {
  const matches = dayMatcher(fields);
  const known = new Int32Array(kindsOfMonth).fill(unknown);
  return (month) => {
    const firstWeekday = new Date(monthStartMs(month)).getUTCDay();
    const length = Math.round((monthStartMs(month + 1) - monthStartMs(month)) / dayMs);
    const kind = ((month % 12) * 7 + firstWeekday) * 2 + (length === 29 ? 1 : 0);
    const days = known[kind] ?? unknown;
    if (days !== unknown) return days;
    return (known[kind] = daysOf({ number: (month % 12) + 1, firstWeekday, length }, matches));
  };
}

/** Wall milliseconds at which a month starts; CronDays says how months are counted. */
export function monthStartMs(month: number): number {
  return Date.UTC(Math.floor(month / 12), month % 12, 1);
}

/** The bits of all days up to and including `day`: none for 0. */
export function daysUntil(day: number): number {
  return day === 0 ? 0 : -1 >>> (32 - day);
}

export function hasDay(days: number, day: number): boolean {
  return (days & (1 << (day - 1))) !== 0;
}

export function lowestDay(days: number): number {
  return highestDay(days & -days);
}

export function highestDay(days: number): number {
  return 32 - Math.clz32(days);
}

export function dayCount(days: number): number {
  let count = 0;
  for (let rest = days; rest !== 0; rest &= rest - 1) count++;
  return count;
}

type Month = { readonly number: number; readonly firstWeekday: number; readonly length: number };
type Day = { readonly month: number; readonly day: number; readonly weekday: number; readonly isLast: boolean };

function daysOf({ number, firstWeekday, length }: Month, matches: (day: Day, lastWeek: boolean) => boolean): number {
  let days = 0;
  for (let day = 1; day <= length; day++) {
    const weekday = (firstWeekday + day - 1) % 7;
    if (matches({ month: number, day, weekday, isLast: day === length }, day > length - 7)) days |= 1 << (day - 1);
  }
  return days;
}

/** cron-parser's rules: `L` is the last day, `5L` the last Friday, `5#2` the second one. */
function dayMatcher({ month: months, dayOfMonth, dayOfWeek }: CronFieldCollection) {
  const inMonths = new Set<number>(months.values);
  const monthDays = new Set<number | string>(dayOfMonth.values);
  const weekdays = new Set<number | string>(dayOfWeek.values);

  return ({ month, day, weekday, isLast }: Day, lastWeek: boolean): boolean => {
    if (!inMonths.has(month)) return false;
    const byMonthDay = monthDays.has(day) || (dayOfMonth.hasLastChar && isLast);
    const isNth = dayOfWeek.nthDay <= 0 || Math.ceil(day / 7) === dayOfWeek.nthDay;
    const isLastOfKind = lastWeek && (weekdays.has(`${weekday}L`) || (weekday === 0 && weekdays.has("7L")));
    const byWeekday = (weekdays.has(weekday) && isNth) || isLastOfKind;
    if (dayOfWeek.isWildcard) return byMonthDay;
    return dayOfMonth.isWildcard ? byWeekday : byMonthDay || byWeekday;
  };
}
