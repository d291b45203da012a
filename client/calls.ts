// The reads and writes of one `Api` object: where the settings, the cache and the sending meet.
//
//   L1. A read is lazy: it asks page by page, when and as far as somebody reads.
//   L2. A write is sent at once, also when nobody reads the answer; then a failure is one line on stderr, and nothing more.
//   L3. Every request of a run carries the run's id, as it was when the call was made, and a run lasts until its writes are done.
//   L4. The answer of a write is the parsed JSON of its body, else the text.
import { answer, type Answer } from "./answer.ts";
import { PageCache } from "./cache.ts";
import { complain } from "./complaint.ts";
import type { Request } from "./exchange.ts";
import type { Settings } from "./options.ts";
import { type Loaded, type Place, openPages } from "./pages.ts";
import { holdRun, runHeaders } from "./run.ts";
import { type Reply, send } from "./send.ts";

export type ReadOptions = {
  /** What follows `?`, without it. */
  readonly query?: string;
  /** `use` what is remembered, `renew` it, or leave the cache aside (`pass`). Without a cache all three are `pass`. */
  readonly cache: "use" | "renew" | "pass";
};
export type WriteOptions = { readonly json?: unknown; readonly headers?: Readonly<Record<string, string>> };

export class Calls {
  readonly #settings: Settings;
  readonly #cache = new PageCache();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  read<Item, Whole>(path: string, { query = "", cache }: ReadOptions): Answer<Item, Whole> {
    const resource = rooted(path);
    const key = query ? `${resource}?${query}` : resource;
    const load = (place: Place): Promise<Loaded<Item>> => this.#page(resource, place, query);
    return answer<Item, Whole>(() => {
      if (cache === "pass" || !this.#settings.cache) return openPages({ load });
      return (cache === "use" ? this.#cache.get<Item>(key) : undefined) ?? this.#cache.open(key, load);
    });
  }

  write<Whole>(method: "PUT" | "POST" | "DELETE", path: string, options: WriteOptions): Answer<Whole, Whole> {
    const resource = rooted(path);
    let read = false;
    const sent = this.#write(method, resource, options).then(({ body: text }) => {
      return { kind: "single", value: JSON.parse(isJson(text) ? text : JSON.stringify(text)) } as const;
    });
    holdRun(sent);
    sent.catch((error: Error) => {
      if (!read) complain(`${method} ${resource} failed: ${error.message}`);
    });
    return answer(() => {
      read = true;
      return sent;
    });
  }

  async #page<Item>(resource: string, { number, cursor }: Place, query: string): Promise<Loaded<Item>> {
    const url = new URL(this.#settings.url + resource);
    const place = cursor === null ? `page=${number}` : `cursor=${encodeURIComponent(cursor)}`;
    url.search += `${url.search ? "&" : "?"}${place}${query ? `&${query}` : ""}`;
    const headers = { ...this.#settings.headers, ...runHeaders() };
    const { body: text, nextCursor } = await this.#call({ method: "GET", url, headers });
    if (!isJson(text)) throw new Error(`GET ${url.href}: expected JSON, got ${JSON.stringify(text.slice(0, 200))}`);
    return { answer: JSON.parse(text), nextCursor };
  }

  /** Not async: what cannot be written as JSON is the caller's mistake and is thrown where the caller stands. */
  #write(method: Request["method"], resource: string, { json, headers }: WriteOptions): Promise<Reply> {
    const url = new URL(this.#settings.url + resource);
    const body = json === undefined ? "" : JSON.stringify(json);
    this.#cache.forget(resource);
    const allHeaders = { ...this.#settings.headers, ...headers, ...runHeaders() };
    return this.#call({ method, url, headers: allHeaders, body }).finally(() => {
      // A read that was under way beside the write may have remembered what was there before it.
      this.#cache.forget(resource);
    });
  }

  #call(request: Request): Promise<Reply> {
    if (this.#settings.logCalls) console.log(`API ${request.method} ${request.url.pathname}${request.url.search}`);
    return send(request);
  }
}

function rooted(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
