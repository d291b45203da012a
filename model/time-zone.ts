// A time zone: which instant a clock on the wall there means, and the other way round.
//
//   Z1. "Wall" milliseconds are what the clock on the wall shows, counted as if it stood in UTC.
//   Z2. A wall time that the clock leaps over means the first valid instant after the gap; one that it shows twice means the
//       first of its two instants. A later wall time never means an earlier instant.
//   Z3. Intl is asked once for each span of time and zone; what it said is kept within bounds.

export type Transition = { readonly atMs: number; readonly beforeMs: number; readonly afterMs: number };

export type WallMeaning = { readonly ms: number; readonly kind: "unique" | "gap" | "overlap" };

export type TimeZone = {
  readonly name: string;
  /** What is to be added to an instant to get the wall's time. */
  offsetAt(ms: number): number;
  /** The last wall time that means this instant or an earlier one. */
  lastWallAt(ms: number): number;
  meaningOf(wallMs: number): WallMeaning;
  /** The changes of the offset after `afterMs`, up to and including `untilMs`, in order. */
  transitions(afterMs: number, untilMs: number): Transition[];
};

const hourMs = 3_600_000;
const weekMs = 168 * hourMs;
/** Zones change their offset at most once in a week, and two changes that cancel out lie weeks apart (Ramadan in Morocco: 4 or 5). */
const weeksInSpan = 52;
const spanMs = weeksInSpan * weekMs;
/** Offsets lie between -12 and +14 hours: a change that concerns a wall time lies this near to it, taken as UTC. */
const beforeWallMs = 15 * hourMs;
const afterWallMs = 13 * hourMs;
/** A day was left out when Samoa crossed the date line: no gap and no overlap is longer. */
const shiftMsMax = 24 * hourMs;

/** Spans kept for each zone: enough for the years 1970 to 2399, which are all that slots ask for. */
const spansMax = 512;
/** About all zones that there are; each keeps a formatter of some ten kilobytes. */
const zonesMax = 512;

const zones = new Map<string, TimeZone>();

/** Throws a RangeError when there is no such zone. */
export function timeZoneOf(name: string): TimeZone {
  const known = zones.get(name);
  if (known) return known;
  const zone = name === "UTC" ? utc : createTimeZone(name);
  if (zones.size >= zonesMax) zones.clear();
  zones.set(name, zone);
  return zone;
}

const utc: TimeZone = {
  name: "UTC",
  offsetAt: () => 0,
  lastWallAt: (ms) => ms,
  meaningOf: (ms) => ({ ms, kind: "unique" }),
  transitions: () => [],
};

type Span = { readonly offsetMs: number; readonly transitions: readonly Transition[] };

function createTimeZone(name: string): TimeZone {
  const askIntl = offsetReader(name);
  const spans = new Map<number, Span>();

  return { name, offsetAt, lastWallAt, meaningOf, transitions };

  function offsetAt(ms: number): number {
    const span = spanAt(ms);
    let offset = span.offsetMs;
    for (const { atMs, afterMs } of span.transitions) {
      if (atMs > ms) break;
      offset = afterMs;
    }
    return offset;
  }

  function lastWallAt(ms: number): number {
    const wallMs = ms + offsetAt(ms);
    for (const { atMs, beforeMs, afterMs } of transitions(ms - shiftMsMax, ms)) {
      // The clock was set back and shows times that it has shown before: those meant the earlier instants.
      if (ms < atMs + beforeMs - afterMs) return atMs + beforeMs - 1;
    }
    return wallMs;
  }

  function meaningOf(wallMs: number): WallMeaning {
    const offset = offsetAt(wallMs - beforeWallMs);
    if (offset === offsetAt(wallMs + afterWallMs)) return { ms: wallMs - offset, kind: "unique" };
    for (const { atMs, beforeMs, afterMs } of transitions(wallMs - beforeWallMs, wallMs + afterWallMs)) {
      if (wallMs < atMs + Math.min(beforeMs, afterMs)) return { ms: wallMs - beforeMs, kind: "unique" };
      if (wallMs < atMs + beforeMs) return { ms: wallMs - beforeMs, kind: "overlap" };
      if (wallMs < atMs + afterMs) return { ms: atMs, kind: "gap" };
    }
    return { ms: wallMs - offsetAt(wallMs + afterWallMs), kind: "unique" };
  }

  function transitions(afterMs: number, untilMs: number): Transition[] {
    const found: Transition[] = [];
    for (let number = Math.floor(afterMs / spanMs); number * spanMs <= untilMs; number++) {
      for (const transition of spanAt(number * spanMs).transitions) {
        if (transition.atMs > afterMs && transition.atMs <= untilMs) found.push(transition);
      }
    }
    return found;
  }

  function spanAt(ms: number): Span {
    const number = Math.floor(ms / spanMs);
    const known = spans.get(number);
    if (known) return known;
    if (spans.size >= spansMax) spans.clear();
    const span = readSpan(number * spanMs, askIntl);
    spans.set(number, span);
    return span;
  }
}

/** Changes after `startMs`, up to and including the start of the next span. */
function readSpan(startMs: number, offsetAt: (ms: number) => number): Span {
  const offsetMs = offsetAt(startMs);
  const transitions: Transition[] = [];
  let beforeMs = offsetMs;
  for (let week = 1; week <= weeksInSpan; week++) {
    const endMs = startMs + week * weekMs;
    const afterMs = offsetAt(endMs);
    if (afterMs === beforeMs) continue;
    transitions.push({ atMs: changeBetween(endMs - weekMs, endMs, offsetAt), beforeMs, afterMs });
    beforeMs = afterMs;
  }
  return { offsetMs, transitions };
}

/** The first instant at which the offset is no longer that of `fromMs`; it is that of `toMs`. Changes are on whole seconds. */
function changeBetween(fromMs: number, toMs: number, offsetAt: (ms: number) => number): number {
  const before = offsetAt(fromMs);
  let [low, high] = [Math.floor(fromMs / 1000), Math.ceil(toMs / 1000)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle * 1000) === before) low = middle;
    else high = middle;
  }
  return high * 1000;
}

function offsetReader(name: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  return (ms) => {
    const [, sign, hours, minutes, seconds = "0"] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(format.format(ms)) ?? [];
    if (sign === undefined) return 0;
    const offset = Number(hours) * hourMs + Number(minutes) * 60_000 + Number(seconds) * 1000;
    return sign === "-" ? -offset : offset;
  };
}
