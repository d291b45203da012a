// One HTTP exchange with the controller, over the undici that Node carries. What is not an answer becomes a Failure that a
// person can act on.
import { Refused, Unreachable, type ProblemBody } from "./failure.ts";
import { inFlags } from "./flag-problem.ts";
import type { Options } from "./options.ts";
import { fetchWith } from "./trust.ts";

const answerTimeoutMs = 30_000;
const apiPath = "/api/v1";

export type HttpRequest = {
  readonly method?: "GET" | "PUT" | "PATCH" | "POST" | "DELETE";
  /** Below `/api/v1`, with its query. */
  readonly path: string;
  readonly body?: { readonly type: string; readonly text: string | Uint8Array<ArrayBuffer> };
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the answer is waited for. */
  readonly answerMsMax?: number;
};

/** A 2xx answer with its body as text. Throws Unreachable or Refused. */
export async function exchange(options: Options, request: HttpRequest): Promise<{ text: string; headers: Headers }> {
  const signal = AbortSignal.timeout(request.answerMsMax ?? answerTimeoutMs);
  const response = await open(options, request, signal);
  try {
    return { text: await response.text(), headers: response.headers };
  } catch (error) {
    throw new Unreachable(options.url, reasonOf(error));
  }
}

/** A 2xx answer whose body is still to be read. Throws Unreachable or Refused. */
export async function open(options: Options, request: HttpRequest, signal: AbortSignal): Promise<Response> {
  const { method = "GET", path, body, headers } = request;
  let response: Response;
  try {
    const send = options.ca === null ? fetch : await fetchWith(options.ca);
    response = await send(options.url + apiPath + path, {
      method,
      signal,
      body: body?.text ?? null,
      headers: {
        Accept: "application/json",
        ...(options.token !== null && { Authorization: `token ${options.token}` }),
        ...(body && { "Content-Type": body.type }),
        ...headers,
      },
    });
  } catch (error) {
    throw new Unreachable(options.url, reasonOf(error));
  }
  if (response.ok) return response;
  const refusal = inFlags(problemOf(response.status, await response.text().catch(() => "")), path);
  throw new Refused(refusal.body, refusal.isUsage ? 2 : 1);
}

function problemOf(status: number, text: string): ProblemBody {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null) return { ...body, status };
  } catch {
    // Something else than a controller answered; its own words are the best there is.
  }
  return { status, detail: `the server answered ${status}: ${text.trim().slice(0, 200) || "nothing"}` };
}

const unknownAuthority = "nobody that is known vouches for the certificate; name its authority with --ca or DROVER_CA";

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  ENOTFOUND: "host not found",
  EAI_AGAIN: "host not found",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is for another name than that of the address",
  CERT_HAS_EXPIRED: "the certificate has expired",
  UND_ERR_SOCKET: "connection closed",
  UND_ERR_CONNECT_TIMEOUT: "no answer to the connection",
};

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in time";
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = "code" in cause ? String(cause.code) : "";
  return reasons[code] ?? (cause.message || code);
}
