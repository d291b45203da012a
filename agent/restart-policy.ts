// When user code of a daemon starts again after it ended. Pure: numbers in, decision out.
//
//   With a period: at the next tick of a grid that begins with the start of the ended execution. Ticks that fell into that
//   execution are skipped, so executions never overlap and never pile up.
//   Without: at once when the execution lived long, else after a delay that grows with each short life.

const restartDelayStepMs = 3_000;
const restartDelayMaxMs = 60_000;
/** A process that lived this long was healthy: it starts again at once, and what went before is forgotten. */
const healthyAfterMs = 60_000;

export type Ended = {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** 0: no period. */
  readonly periodMs: number;
  /** Short lives in a row before this one. */
  readonly shortLives: number;
};

export type NextStart =
  | { readonly kind: "tick"; readonly atMs: number; readonly shortLives: 0 }
  | { readonly kind: "restart"; readonly atMs: number; readonly shortLives: number };

export function nextStart({ startedAtMs, endedAtMs, periodMs, shortLives }: Ended): NextStart {
  const livedMs = Math.max(0, endedAtMs - startedAtMs);
  if (periodMs > 0) {
    const ticks = Math.max(1, Math.ceil(livedMs / periodMs));
    return { kind: "tick", atMs: startedAtMs + ticks * periodMs, shortLives: 0 };
  }
  if (livedMs >= healthyAfterMs) return { kind: "restart", atMs: endedAtMs, shortLives: 0 };
  const inARow = shortLives + 1;
  const delayMs = Math.min(restartDelayStepMs * inARow, restartDelayMaxMs);
  return { kind: "restart", atMs: endedAtMs + delayMs, shortLives: inARow };
}
