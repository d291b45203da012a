const steps = [
  { unit: "d", ms: 86_400_000 },
  { unit: "h", ms: 3_600_000 },
  { unit: "m", ms: 60_000 },
] as const;

/** A length of time: `250 ms`, `1.5 s`, `7m`, `3h`. */
export function lasting(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  return ms < 60_000 ? `${Number((ms / 1_000).toFixed(1))} s` : inLargestUnit(ms);
}

/** How long it is until an instant: `in 42s`, `in 3h`; `now` when it has passed. */
export function until(instant: string, nowMs: number): string {
  const ms = Date.parse(instant) - nowMs;
  return ms <= 0 ? "now" : `in ${inLargestUnit(ms)}`;
}

/** How long ago an instant was, in its largest unit: `42s`, `7m`, `3h`, `12d`. An instant to come is `0s`. */
export function age(instant: string | null, nowMs: number): string {
  if (instant === null) return "-";
  return inLargestUnit(Math.max(0, nowMs - Date.parse(instant)));
}

function inLargestUnit(ms: number): string {
  const step = steps.find((one) => ms >= one.ms);
  return step ? `${Math.floor(ms / step.ms)}${step.unit}` : `${Math.floor(ms / 1_000)}s`;
}
