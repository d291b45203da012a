// Counts when two schedules would have fired, side by side, and how they differ.
//
//   T1. No more than lookedMax are looked at. What was not is told (`through`), and then every count is a count up to there.
//   T2. Two schedules of one kind are read in one order, so that both counts, and their difference, end at the same place.
import type { Fire, Looked } from "./trial-fires.ts";

/** Of both together: a second or two of work. */
export const lookedMax = 50_000;
const listedMax = 100;

/** `listed` are the first; `through`: counted only up to here; null: all of the past that was asked for. */
export type Tally = {
  readonly count: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly listed: readonly Fire[];
  readonly through: string | null;
};

export type Side = AsyncGenerator<Looked, void, void>;
export type Compared = {
  readonly wanted: Tally;
  readonly live: Tally;
  /** What only `wanted` has, and only `live`. */
  readonly added: Tally;
  readonly gone: Tally;
};

/** `sameKind`: their places can be compared. Past `deadlineMs` (of performance.now) it ends as past lookedMax. */
export async function compare(
  wanted: Side,
  live: Side,
  { sameKind, deadlineMs }: { readonly sameKind: boolean; readonly deadlineMs: number },
): Promise<Compared> {
  const tallies = { wanted: newTally(), live: newTally(), added: newTally(), gone: newTally() };
  if (sameKind) {
    await together(wanted, live, tallies, deadlineMs);
  } else {
    const nobody = none();
    await together(wanted, nobody, tallies, deadlineMs);
    await together(nobody, live, tallies, deadlineMs);
  }
  return tallies;
}

type Growing = { count: number; first: string | null; last: string | null; through: string | null; listed: Fire[] };
type Tallies = Readonly<Record<keyof Compared, Growing>>;

async function together(wanted: Side, live: Side, tallies: Tallies, deadlineMs: number): Promise<void> {
  let looked = 0;
  let a = await next(wanted);
  let b = await next(live);
  while (a !== null || b !== null) {
    const takesA = a !== null && (b === null || a.place <= b.place);
    const takesB = b !== null && (a === null || b.place <= a.place);
    const firesA = takesA && a?.fire ? a.fire : null;
    const firesB = takesB && b?.fire ? b.fire : null;
    if (firesA) add(tallies.wanted, firesA);
    if (firesB) add(tallies.live, firesB);
    if (firesA && !firesB) add(tallies.added, firesA);
    if (firesB && !firesA) add(tallies.gone, firesB);
    const at = (takesA ? a?.at : b?.at) ?? null;
    looked += 1;
    if (takesA) a = await next(wanted);
    if (takesB) b = await next(live);
    const isEnough = looked >= lookedMax || performance.now() > deadlineMs;
    if (!isEnough || (a === null && b === null)) continue;
    cut(tallies, at, { wanted: a !== null, live: b !== null });
    await Promise.all([wanted.return(), live.return()]);
    return;
  }
}

async function next(side: Side): Promise<Looked | null> {
  const step = await side.next();
  return step.done ? null : step.value;
}

/** A side that is at its end is counted to its end, and so is what only it has: the other one was read beyond that. */
function cut(
  tallies: Tallies,
  at: string | null,
  unfinished: { readonly wanted: boolean; readonly live: boolean },
): void {
  if (unfinished.wanted) tallies.wanted.through = tallies.added.through = at;
  if (unfinished.live) tallies.live.through = tallies.gone.through = at;
}

function add(tally: Growing, fire: Fire): void {
  tally.count += 1;
  tally.first ??= fire.at;
  tally.last = fire.at;
  if (tally.listed.length < listedMax) tally.listed.push(fire);
}

function newTally(): Growing {
  return { count: 0, first: null, last: null, through: null, listed: [] };
}

/** An end without anything before it. */
async function* none(): Side {}
