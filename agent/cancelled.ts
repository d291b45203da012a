// Runs that shall not begin here: the controller asked for their end before they arrived. It says so again every few seconds for as
// long as they have not ended, so what is remembered is soon forgotten.
const rememberMs = 15_000;
const rememberedMax = 1_000;

export type Cancelled = {
  add(run: string, reason: string): void;
  /** Why a run that was stored in the queue at that moment shall not begin, or null. */
  reasonOf(run: string, storedAtMs: number): string | null;
};

export function createCancelled(nowMs: () => number): Cancelled {
  const heard = new Map<string, { readonly reason: string; readonly atMs: number }>();
  return {
    add(run, reason) {
      // Heard again, it is the newest.
      heard.delete(run);
      for (const [oldest, { atMs }] of heard) {
        if (heard.size < rememberedMax && nowMs() - atMs < rememberMs) break;
        heard.delete(oldest);
      }
      heard.set(run, { reason, atMs: nowMs() });
    },
    reasonOf(run, storedAtMs) {
      const one = heard.get(run);
      // A run that is given again after its end was asked for is another matter.
      return one && nowMs() - one.atMs < rememberMs && storedAtMs <= one.atMs ? one.reason : null;
    },
  };
}
