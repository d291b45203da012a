// How much output a workflow may have stored: a sustained rate with room for a burst, in lines and in bytes.

const linesPerSecond = 1_000;
const linesBurst = 5_000;
const bytesPerSecond = 1024 * 1024;
const bytesBurst = 1024 * 1024;
/** Too much closes for this long, so that a flood leaves stretches of lines with gaps between, not every hundredth line. */
const closedMs = 1_000;

export type Allowance = {
  /** Takes one line of that size, or says that it is too much just now. */
  take(bytes: number): boolean;
};

/** `now` in milliseconds. */
export function createAllowance(now: () => number): Allowance {
  let lines = linesBurst;
  let bytes = bytesBurst;
  let filledAtMs = now();
  let closedUntilMs = 0;

  return {
    take(lineBytes) {
      const nowMs = now();
      const seconds = Math.max(0, nowMs - filledAtMs) / 1_000;
      filledAtMs = nowMs;
      lines = Math.min(linesBurst, lines + seconds * linesPerSecond);
      bytes = Math.min(bytesBurst, bytes + seconds * bytesPerSecond);
      if (nowMs < closedUntilMs) return false;
      if (lines < 1 || bytes < lineBytes) {
        closedUntilMs = nowMs + closedMs;
        return false;
      }
      lines -= 1;
      bytes -= lineBytes;
      return true;
    },
  };
}
