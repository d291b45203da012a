// Work that may be put aside: a generator that stops wherever others may have their turn. Whoever drives it decides how long it
// goes on; an iteration that is given up closes what it had open.
export type Steps<T> = Generator<undefined, T, undefined>;

/** All of it at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
