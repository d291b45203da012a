// What the controller is asked about secrets, and what it answers. It never answers with a value.
import type { ControllerApi } from "./controller-api.ts";

export type SecretView = {
  readonly name: string;
  readonly version: number;
  readonly at: string;
  readonly by: string;
  readonly keys: readonly {
    readonly key: string;
    readonly version: number;
    readonly at: string;
    readonly by: string;
  }[];
  /** Those that name it. */
  readonly workflows: readonly string[];
};

export type SecretChanged = {
  readonly name: string;
  readonly action: "created" | "changed" | "unchanged" | "deleted";
  readonly version: number;
  readonly set: readonly string[];
  readonly removed: readonly string[];
  readonly workflows: readonly string[];
  readonly redeployed: readonly string[];
  readonly warnings: readonly string[];
};

export type SecretOptions = { readonly redeploy: boolean; readonly force: boolean };

export function secretsOf(api: ControllerApi): Promise<SecretView[]> {
  return api.pages("/secrets", Infinity);
}

/** With `replace` its other keys go. */
export async function setSecret(
  api: ControllerApi,
  name: string,
  values: Readonly<Record<string, unknown>>,
  { replace, ...options }: SecretOptions & { readonly replace: boolean },
): Promise<SecretChanged> {
  const body = { type: "application/json", text: JSON.stringify({ values }) };
  const method = replace ? "PUT" : "PATCH";
  return JSON.parse(await api.text({ method, path: pathOf(name, [], options), body }));
}

/** No keys: all of it. */
export async function deleteSecret(
  api: ControllerApi,
  name: string,
  keys: readonly string[],
  options: SecretOptions,
): Promise<SecretChanged> {
  return JSON.parse(await api.text({ method: "DELETE", path: pathOf(name, keys, options) }));
}

export async function rotateMasterKey(api: ControllerApi): Promise<{ readonly before: string; readonly now: string }> {
  return JSON.parse(await api.text({ method: "POST", path: "/master-key/rotate" }));
}

function pathOf(name: string, keys: readonly string[], { redeploy, force }: SecretOptions): string {
  const query = new URLSearchParams(keys.map((key): [string, string] => ["key", key]));
  if (redeploy) query.set("redeploy", "true");
  if (force) query.set("force", "true");
  return `/secrets/${encodeURIComponent(name)}${query.size > 0 ? `?${query.toString()}` : ""}`;
}
