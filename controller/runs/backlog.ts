// How much work each workflow has, as far as this controller knows: what it queued itself, put right by what the server counts.
//
//   B1. A count is never below the truth for what was queued here: what was added while the server counted is added again, and
//       counted twice at most until the next look.
//   B2. Listeners hear of a workflow that had no work and has some; one that begins to listen hears of all that have some.
export type Backlog = {
  added(workflow: string, bytes: number): void;
  removed(workflow: string): void;
  /** Begins a count by the server; `counted` ends it with what the server said. */
  counting(workflow: string): (counted: number) => void;
  depth(workflow: string): number;
  /** Of the messages that wait, as far as their sizes are known. */
  bytes(workflow: string): number;
  lastWorkAtMs(workflow: string): number | null;
  /** Those with work. */
  workflows(): readonly string[];
  onWork(listener: (workflow: string) => void): void;
};

type Work = { count: number; bytes: number; added: number; lastAtMs: number | null };

/** `messageBytes`: what a message counts whose size is not known. */
export function createBacklog({ nowMs, messageBytes }: { nowMs: () => number; messageBytes: () => number }): Backlog {
  const all = new Map<string, Work>();
  const listeners: ((workflow: string) => void)[] = [];

  return {
    added(workflow, bytes) {
      const work = workOf(workflow);
      work.added += 1;
      work.bytes += bytes;
      set(workflow, work, work.count + 1);
    },
    removed(workflow) {
      const work = workOf(workflow);
      set(workflow, work, Math.max(0, work.count - 1));
    },
    counting(workflow) {
      const before = all.get(workflow)?.added ?? 0;
      return (counted) => {
        const work = workOf(workflow);
        const count = counted + work.added - before;
        const each = work.count > 0 ? work.bytes / work.count : messageBytes();
        work.bytes = each * count;
        set(workflow, work, count);
      };
    },
    depth: (workflow) => all.get(workflow)?.count ?? 0,
    bytes: (workflow) => all.get(workflow)?.bytes ?? 0,
    lastWorkAtMs: (workflow) => all.get(workflow)?.lastAtMs ?? null,
    workflows,
    onWork(listener) {
      listeners.push(listener);
      for (const workflow of workflows()) listener(workflow);
    },
  };

  function workflows(): string[] {
    return [...all].filter(([, { count }]) => count > 0).map(([workflow]) => workflow);
  }

  function workOf(workflow: string): Work {
    const known = all.get(workflow);
    if (known) return known;
    const work = { count: 0, bytes: 0, added: 0, lastAtMs: null };
    all.set(workflow, work);
    return work;
  }

  function set(workflow: string, work: Work, count: number): void {
    const hadNone = work.count === 0;
    // It had work until this look, or has some now.
    if (!hadNone || count > 0) work.lastAtMs = nowMs();
    work.count = count;
    if (hadNone && count > 0) for (const listener of listeners) listener(workflow);
  }
}
