// Everything the client takes from its caller and from the environment, resolved once. Nothing else here reads an environment.
import { boolean } from "./boolean.ts";

/** What a user passes to `new Api()`. An option that is absent or empty falls back to the environment. */
export type ApiOptions = {
  /** Default `VAMP_URL`, else `http://127.0.0.1`. */
  readonly host?: string;
  /** Default `/api/v1`. */
  readonly path?: string;
  /** Default `VAMP_API_TOKEN`, else none. */
  readonly token?: string;
  /** Default `VAMP_NAMESPACE`, else none. */
  readonly namespace?: string;
  /** Replaces the default headers altogether, as the published client does. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the answers of GETs are remembered. Default `VAMP_API_CACHE`, else true. */
  readonly cache?: boolean | string;
};

export type Settings = Readonly<{
  url: string;
  headers: Readonly<Record<string, string>>;
  cache: boolean;
  /** `VAMP_CLIENT_LOG`: print every call. */
  logCalls: boolean;
}>;

/** How https is checked: `VAMP_TLS_CHECK` (default true), and `VAMP_CA`, a PEM file that replaces the built-in authorities. */
export type TlsSettings = Readonly<{ check: boolean; caFile: string | null }>;

type Environment = Readonly<Record<string, string | undefined>>;

export function resolveOptions(options: ApiOptions, environment: Environment): Settings {
  const host = options.host || environment["VAMP_URL"] || "http://127.0.0.1";
  const path = options.path || "/api/v1";
  const token = options.token || environment["VAMP_API_TOKEN"] || "";
  const namespace = options.namespace || environment["VAMP_NAMESPACE"] || "";
  return Object.freeze({
    url: host + (namespace ? `/${encodeURIComponent(namespace)}` : "") + path,
    headers: options.headers ?? {
      Authorization: token ? `token ${token}` : "token",
      Accept: "application/json",
      "Content-Type": "application/json",
    },
    cache: boolean(options.cache ?? (environment["VAMP_API_CACHE"] || true)),
    logCalls: boolean(environment["VAMP_CLIENT_LOG"]),
  });
}

export function resolveTls(environment: Environment): TlsSettings {
  return Object.freeze({
    check: boolean(environment["VAMP_TLS_CHECK"] || true),
    caFile: environment["VAMP_CA"] || null,
  });
}
