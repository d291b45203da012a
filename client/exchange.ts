// One attempt at one request. How it ended is a value; whether to try again is retry.ts's decision.
import { dispatcher } from "./dispatcher.ts";

export type Request = {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type Exchange =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly retryAfterMs: number | null;
      /** Where a list goes on, when the server says so. */
      readonly nextCursor: string | null;
      readonly body: string;
    }
  /** Nothing of the request reached a server. */
  | { readonly kind: "unsent"; readonly error: Error }
  /** The connection broke or fell silent after the request had left: the server may have done it or not. */
  | { readonly kind: "cut"; readonly error: Error }
  /** Trying again would end the same way: a bad certificate, a bad URL, an answer over the size limit. */
  | { readonly kind: "impossible"; readonly error: Error };

const unsentCodes = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const cutCodes = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);

export async function exchange(request: Request): Promise<Exchange> {
  try {
    const agent = await dispatcher();
    const { method, headers, body = null } = request;
    const path = request.url.pathname + request.url.search;
    const answer = await agent.request({ origin: request.url.origin, path, method, headers: { ...headers }, body });
    const cursor = answer.headers["x-next-cursor"];
    return {
      kind: "answered",
      status: answer.statusCode,
      retryAfterMs: retryAfter(answer.headers["retry-after"]),
      nextCursor: typeof cursor === "string" ? cursor : null,
      body: await answer.body.text(),
    };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const code = "code" in error ? String(error.code) : "";
    if (unsentCodes.has(code)) return { kind: "unsent", error };
    if (cutCodes.has(code)) return { kind: "cut", error };
    return { kind: "impossible", error };
  }
}

/** `Retry-After` in seconds (RFC 9110, 10.2.3). The form with a date is not used between us and is left out. */
function retryAfter(header: string | string[] | undefined): number | null {
  const seconds = typeof header === "string" ? Number(header) : Number.NaN;
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null;
}
