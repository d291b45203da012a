// What a clock on the wall shows, the plain way: Intl is asked for every single moment. It shares nothing with model/time-zone.ts.

export type WallClock = {
  /** What the wall shows at an instant, counted as if it stood in UTC. */
  wallAt(ms: number): number;
  /** The instant at which a wall time (whole minutes) is due: its first one, or for a time in a gap the first that is valid. */
  dueAt(wallMs: number): number;
};

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;

export function wallClock(timezone: string): WallClock {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  /** For each day around which the offset changes: every minute of it and its neighbours, instant and wall. */
  const minutesOfDay = new Map<number, { readonly ms: number; readonly wallMs: number }[]>();
  const offsetOfDay = new Map<number, number | null>();
  return { wallAt, dueAt };

  function wallAt(ms: number): number {
    const [month, day, year, hour, minute, second] = (format.format(ms).match(/\d+/g) ?? []).map(Number);
    return Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
  }

  function dueAt(wallMs: number): number {
    const day = Math.floor(wallMs / dayMs) * dayMs;
    const offset = offsetAround(day);
    if (offset !== null) return wallMs - offset;
    const due = minutesAround(day).find((minute) => minute.wallMs >= wallMs);
    if (!due) throw new Error(`no minute at ${new Date(wallMs).toISOString()}`);
    return due.ms;
  }

  /** Null when it is not the same one day before and one day after. */
  function offsetAround(day: number): number | null {
    const known = offsetOfDay.get(day);
    if (known !== undefined) return known;
    const [before, after] = [day - dayMs, day + 2 * dayMs].map((ms) => wallAt(ms) - ms);
    const offset = before !== undefined && before === after ? before : null;
    offsetOfDay.set(day, offset);
    return offset;
  }

  function minutesAround(day: number): { readonly ms: number; readonly wallMs: number }[] {
    const known = minutesOfDay.get(day);
    if (known) return known;
    const minutes = [];
    for (let ms = day - dayMs; ms <= day + 2 * dayMs; ms += minuteMs) minutes.push({ ms, wallMs: wallAt(ms) });
    minutesOfDay.set(day, minutes);
    return minutes;
  }
}
