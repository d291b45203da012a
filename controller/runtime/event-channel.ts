// Events of a runtime that lives in this process: whoever listens gets everything from then on, until its signal fires.

export type RuntimeEvent = { readonly instance: string | null };

export type EventChannel = {
  emit(instance: string | null): void;
  /** Begins with `{ instance: null }`: what happened before is unknown, look. */
  events(signal: AbortSignal): AsyncGenerator<RuntimeEvent>;
};

export function createEventChannel(): EventChannel {
  const listeners = new Set<(event: RuntimeEvent) => void>();

  return {
    emit(instance) {
      for (const listener of listeners) listener({ instance });
    },
    async *events(signal) {
      const pending: RuntimeEvent[] = [{ instance: null }];
      let wake: (() => void) | null = null;
      const listener = (event: RuntimeEvent) => {
        pending.push(event);
        wake?.();
      };
      const abort = () => wake?.();
      listeners.add(listener);
      signal.addEventListener("abort", abort);
      try {
        while (!signal.aborted) {
          const next = pending.shift();
          if (next) yield next;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        listeners.delete(listener);
        signal.removeEventListener("abort", abort);
      }
    },
  };
}
