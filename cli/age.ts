const steps = [
  { unit: "d", ms: 86_400_000 },
  { unit: "h", ms: 3_600_000 },
  { unit: "m", ms: 60_000 },
] as const;

/** How long ago an instant was, in its largest unit: `42s`, `7m`, `3h`, `12d`. An instant to come is `0s`. */
export function age(instant: string | null, nowMs: number): string {
  if (instant === null) return "-";
  const ms = Math.max(0, nowMs - Date.parse(instant));
  const step = steps.find((one) => ms >= one.ms);
  return step ? `${Math.floor(ms / step.ms)}${step.unit}` : `${Math.floor(ms / 1_000)}s`;
}
