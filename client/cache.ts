// Remembers the page chains of GETs, by path and query.
//
//   C1. A chain that failed is forgotten; the next GET asks again.
//   C2. A write to a path forgets the path, what lies below it and the lists that it belongs to.
//   C3. A list longer than itemsMax is not kept, and at most pathsMax answers are (the oldest goes first).
import { openPages, type Loading, type Page } from "./pages.ts";

const pathsMax = 1_000;
const itemsMax = 10_000;

export class PageCache {
  readonly #chains = new Map<string, Promise<Page<unknown>>>();

  /** The caller knows what the server sends under a key; JSON carries no types. */
  get<Item>(key: string): Promise<Page<Item>> | undefined;
  get(key: string): Promise<Page<unknown>> | undefined {
    return this.#chains.get(key);
  }

  /** Opens a new chain and remembers it in place of an older one. */
  open<Item>(key: string, load: Loading<Item>["load"]): Promise<Page<Item>> {
    const forget = (): void => {
      if (this.#chains.get(key) === chain) this.#chains.delete(key);
    };
    const chain = openPages({
      load,
      onItems: (count) => {
        if (count > itemsMax) forget();
      },
      onFailure: forget,
    });
    this.#chains.delete(key);
    this.#chains.set(key, chain);
    this.#evict();
    return chain;
  }

  /** After a write: `/workflows/hello` also makes `/workflows` and `/workflows/hello/status` stale. */
  forget(path: string): void {
    for (const key of this.#chains.keys()) {
      const known = pathOf(key);
      if (known === path || path.startsWith(`${known}/`) || known.startsWith(`${path}/`)) this.#chains.delete(key);
    }
  }

  #evict(): void {
    const oldest = this.#chains.keys().next();
    if (this.#chains.size > pathsMax && !oldest.done) this.#chains.delete(oldest.value);
  }
}

function pathOf(key: string): string {
  return key.split("?", 1)[0] ?? key;
}
