const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** A size in its largest unit: `12 B`, `3.4 MiB`. */
export function bytesText(bytes: number): string {
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const amount = bytes / 2 ** (10 * step);
  return `${Number(amount.toFixed(amount < 10 && step > 0 ? 1 : 0))} ${units[step]}`;
}
