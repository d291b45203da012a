// Several streams as one, in the order of time.
//
//   O1. Each stream keeps its own order. Of what stands at their heads the earliest comes next.
//   O2. A stream that has not caught up with the present is waited for; one that has may stay silent, so it is waited for holdMs: what
//       is later than that comes late, and does not hold up the others.
//   O3. One item of each stream is held, no more: what is not shown yet is not read.
export type Timed = { readonly timeMs: number };

export type Source<T extends Timed> = {
  readonly items: AsyncIterator<T, void, void>;
  /** Whether what comes next happens from now on. */
  readonly isCaughtUp: () => boolean;
};

type Head<T> = { readonly item: T; readonly sinceMs: number };
type State<T extends Timed> = { readonly source: Source<T>; head: Head<T> | null; isAsked: boolean; isOver: boolean };

/** `holdMs`: how long an item waits for one that may be earlier. `pokeMs`: how often it is looked whether a stream has caught up. */
export async function* inTimeOrder<T extends Timed>(
  sources: readonly Source<T>[],
  { holdMs, pokeMs }: { holdMs: number; pokeMs: number },
): AsyncGenerator<T, void, void> {
  const states = sources.map((source): State<T> => ({ source, head: null, isAsked: false, isOver: false }));
  const failures: unknown[] = [];
  let wake = (): void => {};

  for (;;) {
    for (const state of states) if (state.head === null && !state.isAsked && !state.isOver) void ask(state);
    if (failures.length > 0) throw failures[0];
    const next = earliest(states);
    const silent = states.filter(({ head, isOver }) => head === null && !isOver);
    if (next === null && silent.length === 0) return;
    const waitMs = next === null ? null : waitFor(silent, next.head);
    if (next === null || waitMs === null || waitMs > 0) {
      await woken(waitMs === null ? null : Math.min(waitMs, pokeMs));
      continue;
    }
    next.state.head = null;
    yield next.head.item;
  }

  function waitFor(silent: readonly State<T>[], { sinceMs }: Head<T>): number {
    if (silent.length === 0) return 0;
    return silent.every(({ source }) => source.isCaughtUp()) ? sinceMs + holdMs - performance.now() : Infinity;
  }

  async function ask(state: State<T>): Promise<void> {
    state.isAsked = true;
    try {
      const { done, value } = await state.source.items.next();
      state.isAsked = false;
      if (done) state.isOver = true;
      else state.head = { item: value, sinceMs: performance.now() };
    } catch (error) {
      failures.push(error);
    }
    wake();
  }

  /** By something that comes, or after that time. */
  function woken(withinMs: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = withinMs === null ? undefined : setTimeout(done, withinMs);
      wake = done;
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
    });
  }
}

function earliest<T extends Timed>(states: readonly State<T>[]): { state: State<T>; head: Head<T> } | null {
  let found: { state: State<T>; head: Head<T> } | null = null;
  for (const state of states) {
    const { head } = state;
    if (head !== null && (found === null || head.item.timeMs < found.head.item.timeMs)) found = { state, head };
  }
  return found;
}
