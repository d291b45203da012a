// What is due next, of many: a binary heap.

export type Due = { readonly atMs: number; readonly workflow: string };

export type DueQueue = {
  readonly size: number;
  push(due: Due): void;
  /** The earliest, which stays; null when there is none. */
  peek(): Due | null;
  /** Takes the earliest out. */
  pop(): Due | null;
};

export function createDueQueue(): DueQueue {
  const heap: Due[] = [];

  return {
    get size() {
      return heap.length;
    },
    push(due) {
      heap.push(due);
      rise(heap.length - 1, due);
    },
    peek: () => heap[0] ?? null,
    pop() {
      const first = heap[0] ?? null;
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) sink(last);
      return first;
    },
  };

  /** Each parent that is later than `due` moves down into the gap at `index`. */
  function rise(index: number, due: Due): void {
    let gap = index;
    while (gap > 0) {
      const parent = (gap - 1) >> 1;
      const above = heap[parent] as Due;
      if (above.atMs <= due.atMs) break;
      heap[gap] = above;
      gap = parent;
    }
    heap[gap] = due;
  }

  /** From the top: the earlier child moves up into the gap until `due` fits. */
  function sink(due: Due): void {
    let gap = 0;
    for (;;) {
      const left = 2 * gap + 1;
      const right = left + 1;
      const child = right < heap.length && (heap[right] as Due).atMs < (heap[left] as Due).atMs ? right : left;
      const below = heap[child];
      if (below === undefined || below.atMs >= due.atMs) break;
      heap[gap] = below;
      gap = child;
    }
    heap[gap] = due;
  }
}
