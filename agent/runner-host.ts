// What the runner offers to vamp-node-client in the same process: the run, its result, and what the run has to wait for.
import { type Run, type RunHost, runHostKey } from "../client/run.ts";
import type { Channel } from "./runner-channel.ts";
import { saidValue } from "./runner-said.ts";

export type Host = {
  /** From now on this is the run. */
  enter(run: Run): void;
  /** Its module turned out to be a handler. */
  isHandler(): void;
  /** Null when nothing is held; else resolves when everything that is held now is over. */
  released(): Promise<void> | null;
};

export function offerHost(channel: Channel): Host {
  const listeners: ((run: Run) => void)[] = [];
  const held = new Set<Promise<unknown>>();
  let current: Run | null = null;
  let handler = false;

  const offered: RunHost = {
    get current() {
      return current;
    },
    onRun: (listener) => void listeners.push(listener),
    result(value) {
      if (current === null) throw new Error("a daemon has no result; emit an event instead");
      if (handler) throw new Error("the result of a handler is what it returns");
      channel.send(saidValue("result", value));
    },
    hold(work) {
      if (current === null) return;
      const over = (): void => void held.delete(work);
      held.add(work);
      work.then(over, over);
    },
  };
  Object.defineProperty(globalThis, runHostKey, { value: Object.freeze(offered) });

  return {
    enter(run) {
      current = run;
      for (const listener of listeners) listener(run);
    },
    isHandler() {
      handler = true;
    },
    released() {
      return held.size === 0 ? null : allOver([...held]);
    },
  };
}

async function allOver(works: readonly Promise<unknown>[]): Promise<void> {
  for (const work of works) {
    try {
      await work;
    } catch {
      // Whoever started it hears of that.
    }
  }
}
