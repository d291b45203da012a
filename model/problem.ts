// What is wrong with some input, as a value. Every parser collects all problems before it answers (invariant I7).

/** One thing wrong: where, what was expected, what came, and what to do. `path` is dotted: `workflow.schedule.time.period`. */
export type Problem = {
  readonly path: string;
  readonly expected: string;
  readonly got: string;
  readonly fix: string;
};

/** The outcome of a parser: the parsed value, or every problem at once (never an empty list). */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export function accepted<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function refused(...problems: readonly Problem[]): Parsed<never> {
  return { ok: false, problems };
}

/** One line for people: `workflow.scale.memory: expected a size such as "64MB", got "lots"; write …`. */
export function problemText(problem: Problem): string {
  return `${problem.path}: expected ${problem.expected}, got ${problem.got}${problem.fix ? `; ${problem.fix}` : ""}`;
}
