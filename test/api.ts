// The API, seen from the tests: requests, and waiting for a state or an event instead of a time.

export type Answer<T = unknown> = { readonly status: number; readonly headers: Headers; readonly body: T };

/** Sends a body as it is (a string) or as JSON. */
export async function call<T = Record<string, unknown>>(
  base: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<T>> {
  const response = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").includes("json") && text !== "";
  return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
}

export const yaml = { "Content-Type": "application/x-yaml" };

export type StoredEvent = {
  id: string;
  source: string;
  type: string;
  tags: string[];
  value: unknown;
  timestamp: string;
  run?: string;
};

export type Tail = AsyncDisposable & {
  readonly seen: readonly StoredEvent[];
  /** The ids of the messages, from which a later tail can resume. */
  readonly ids: readonly string[];
  /** Resolves when so many events have come. */
  count(events: number): Promise<void>;
  /** Resolves with the first event, seen already or yet to come, that is the one. */
  until(is: (event: StoredEvent) => boolean, withinMs?: number): Promise<StoredEvent>;
};

/** Follows the event stream from now on. */
export async function follow(base: string, query = "", headers: Readonly<Record<string, string>> = {}): Promise<Tail> {
  const abort = new AbortController();
  const response = await fetch(`${base}/api/v1/events/stream${query}`, { headers, signal: abort.signal });
  const ids: string[] = [];
  const seen: StoredEvent[] = [];
  const waiting = new Set<() => void>();
  const reading = read();

  async function read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        rest += decoder.decode(chunk, { stream: true });
        const blocks = rest.split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block)?.[1];
          const id = /^id: (.*)$/m.exec(block)?.[1];
          if (data && id) ids.push(id);
          if (data) seen.push(JSON.parse(data) as StoredEvent);
        }
        for (const wake of waiting) wake();
      }
    } catch {
      // The controller ended, or the test did.
    }
  }

  return {
    seen,
    ids,
    count(events) {
      return new Promise((resolve) => {
        const look = (): void => {
          if (seen.length < events) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    },
    until(is, withinMs = 30_000) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = seen.find(is);
          if (!found) return;
          waiting.delete(look);
          clearTimeout(timer);
          resolve(found);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(
            new Error(
              `no such event within ${withinMs} ms; seen: ${seen.map((event) => `${event.type} ${JSON.stringify(event.value).slice(0, 200)}`).join("\n")}`,
            ),
          );
        }, withinMs);
        waiting.add(look);
        look();
      });
    },
    async [Symbol.asyncDispose]() {
      abort.abort();
      await reading;
    },
  };
}

/** Asks again until the answer is the one; a state that never comes fails with the last one seen. */
export async function eventually<T>(ask: () => Promise<T>, is: (state: T) => boolean, withinMs = 30_000): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const state = await ask();
    if (is(state)) return state;
    if (Date.now() > deadlineMs) throw new Error(`still not so after ${withinMs} ms: ${JSON.stringify(state)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
