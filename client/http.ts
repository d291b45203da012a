// Plain HTTP for user code: one attempt, any URL, the body as text. https honours VAMP_CA and VAMP_TLS_CHECK.
import { constructor } from "./constructor.ts";
import { exchange, type Request } from "./exchange.ts";
import { StatusError } from "./status-error.ts";

export type HttpOptions = { readonly method?: Request["method"]; readonly headers?: Readonly<Record<string, string>> };

export interface Http {
  get(url: string, options?: HttpOptions): Promise<string>;
  request(url: string, options?: HttpOptions, body?: string): Promise<string>;
}

/** `new Http()` and `Http()` are the same. Requests reject with `[status]: body` outside 2xx. */
export const Http = constructor(createHttp);

function createHttp(): Http {
  return { get: (url, options) => request(url, { ...options, method: "GET" }), request };
}

export async function request(url: string, options: HttpOptions = {}, body?: string): Promise<string> {
  const { method = "GET", headers = {} } = options;
  const answer = await exchange({ method, url: new URL(url), headers, ...(body && { body }) });
  if (answer.kind !== "answered") throw answer.error;
  if (answer.status < 200 || answer.status > 299) throw new StatusError(answer.status, answer.body);
  return answer.body;
}
